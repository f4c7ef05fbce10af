"""The shop's signed tokens: a JWT says which customer is signed in at the shop.

Keys are files in one folder, named by their `kid`: `<kid>.secret` (HS256, at least 32 bytes) or `<kid>.pem` (a public
key: RS256 for RSA, ES256 for P-256, EdDSA for Ed25519). The key says the algorithm; what the token says of itself is
only compared. To rotate: put the new file beside the old one, sign with it, take the old one away.

BadToken       why it proves nothing: malformed, too_large, unknown_key, wrong_algorithm, bad_signature, expired,
               not_yet_valid, too_long_lived, wrong_audience, incomplete
KeyUnusable    a file in the folder is no key; the message names it and says what would be
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

log = structlog.get_logger()
AUDIENCE = "wismo"
LARGEST = 4_096
LEEWAY = timedelta(seconds=60)
LONGEST = timedelta(hours=24)
KID = re.compile(r"[\w.-]{1,64}")


class BadToken(Exception):
    """`code` is one word for programs and logs; nothing of the token is repeated."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class KeyUnusable(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class Claims:
    """At least one is there: the shop's customer id, the e-mail that the shop holds for them."""

    customer: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Key:
    algorithm: str
    material: Any


class TokenKeys:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> tuple[str, ...]:
        """The key ids that are accepted now."""
        files = [*self._folder.glob("*.secret"), *self._folder.glob("*.pem")] if self._folder.is_dir() else []
        return tuple(sorted(path.stem for path in files))

    def examine(self) -> None:
        """Reads every key. Raises `KeyUnusable` for the first that is none."""
        for name in self.names():
            self._key(name)

    def make(self, kid: str) -> Path:
        """A fresh shared secret under this name. Raises `KeyUnusable` for a name that is taken or is none."""
        if not KID.fullmatch(kid):
            raise KeyUnusable(f"{kid!r} is no name for a key: letters, digits, dot, dash and underscore, 64 at most")
        if kid in self.names():
            raise KeyUnusable(f"there is a key {kid} already; to rotate, make one under a new name")
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{kid}.secret"
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        return path

    def sign(self, kid: str, customer: str, now: datetime, lasts: timedelta) -> str:
        """A token as the shop would sign it, to try things with. Raises `BadToken`, `KeyUnusable`."""
        key = self._key(kid)
        if key.algorithm != "HS256":
            raise KeyUnusable(f"{kid} is a public key: only the shop can sign with it")
        who = {"email": customer} if "@" in customer else {"sub": customer}
        payload = {**who, "aud": AUDIENCE, "iat": int(now.timestamp()), "exp": int((now + lasts).timestamp())}
        return jwt.encode(payload, key.material, "HS256", headers={"kid": kid})

    def verified(self, token: str, now: datetime) -> Claims:
        """Raises `BadToken`. A key file that is none is logged, and to the caller it is an unknown key."""
        if len(token) > LARGEST:
            raise BadToken("too_large")
        header = _header(token)
        try:
            key = self._key(str(header.get("kid", "")))
        except KeyUnusable as error:
            log.error("identity.key_unusable", why=str(error))
            raise BadToken("unknown_key") from None
        if header.get("alg") != key.algorithm:
            raise BadToken("wrong_algorithm")
        return _claims(_signed(token, key), now)

    def _key(self, kid: str) -> Key:
        """Read at each use: a key that was taken away is refused from the next token on."""
        if not KID.fullmatch(kid):
            raise BadToken("unknown_key")
        for suffix, read in READERS.items():
            path = self._folder / f"{kid}{suffix}"
            if path.is_file():
                return read(path)
        raise BadToken("unknown_key")


def _secret(path: Path) -> Key:
    secret = path.read_bytes().strip()
    if len(secret) < 32:
        raise KeyUnusable(f"{path.name}: a shared secret needs at least 32 bytes")
    return Key("HS256", secret)


def _public(path: Path) -> Key:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnusable(f"{path.name}: not a public key in PEM form") from None
    if isinstance(key, RSAPublicKey) and key.key_size >= 2048:
        return Key("RS256", key)
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return Key("ES256", key)
    if isinstance(key, Ed25519PublicKey):
        return Key("EdDSA", key)
    raise KeyUnusable(f"{path.name}: RSA of 2048 bits or more, P-256 or Ed25519 are accepted")


READERS: Mapping[str, Callable[[Path], Key]] = {".secret": _secret, ".pem": _public}


def _header(token: str) -> Mapping[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise BadToken("malformed") from None


def _signed(token: str, key: Key) -> Mapping[str, Any]:
    """The payload, once the signature holds; times are judged by our own clock afterwards."""
    unjudged = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
    try:
        payload: dict[str, Any] = jwt.decode(token, key.material, algorithms=[key.algorithm], options=unjudged)  # type: ignore[arg-type]
    except jwt.InvalidSignatureError:
        raise BadToken("bad_signature") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise BadToken("malformed") from None
    return payload


def _claims(payload: Mapping[str, Any], now: datetime) -> Claims:
    expires, begins = _moment(payload, "exp"), _moment(payload, "nbf") or _moment(payload, "iat")
    if expires is None:
        raise BadToken("incomplete")
    if now >= expires + LEEWAY:
        raise BadToken("expired")
    if expires > now + LONGEST + LEEWAY:
        raise BadToken("too_long_lived")
    if begins and begins > now + LEEWAY:
        raise BadToken("not_yet_valid")
    audience = payload.get("aud")
    if AUDIENCE not in (audience if isinstance(audience, list) else [audience]):
        raise BadToken("wrong_audience")
    return _who(payload)


def _who(payload: Mapping[str, Any]) -> Claims:
    customer, email = payload.get("sub"), payload.get("email")
    if not all(one is None or (isinstance(one, str) and 0 < len(one) <= 320) for one in (customer, email)):
        raise BadToken("malformed")
    if customer is None and email is None:
        raise BadToken("incomplete")
    return Claims(customer, email)


def _moment(payload: Mapping[str, Any], name: str) -> datetime | None:
    value = payload.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(name)
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadToken("malformed") from None
