"""The headers of every answer, of a failed one too: nothing is framed, sniffed, cached or loaded from elsewhere."""

from __future__ import annotations

from functools import cache

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
OVER_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
NOT_KEPT = {"Cache-Control": "no-store"}


class SecurityHeaders:
    """A route may bring a header of its own (a cache time, a referrer policy); what it does not bring is set here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun = False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                brought = {name for name, _ in message["headers"]}
                wanted = _wanted(scope.get("scheme") == "https", scope["path"].startswith("/static/"))
                message["headers"] = [*message["headers"], *(one for one in wanted if one[0] not in brought)]
            await send(message)

        try:
            return await self._app(scope, receive, with_headers)
        except Exception:
            # The framework's own 500 would leave outside of this; who runs the server still gets the error.
            if not begun:
                await JSONResponse({"detail": "something failed here"}, 500)(scope, receive, with_headers)
            raise


@cache
def _wanted(secure: bool, kept: bool) -> tuple[tuple[bytes, bytes], ...]:
    """As the server takes them: lower-case names, bytes."""
    wanted = ALWAYS | (OVER_HTTPS if secure else {}) | ({} if kept else NOT_KEPT)
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in wanted.items())
