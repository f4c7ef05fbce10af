"""The front page: what is running here, and where to go. It shows no ticket and no customer."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from agent import journal
from api.auth import AnyHouse

router = APIRouter(include_in_schema=False)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Wismo</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}}
body{{color:#1c2430;background:#fff}}code,pre{{background:#f1f3f6;border-radius:6px;padding:.1rem .3rem}}
pre{{padding:1rem;overflow:auto}}a{{color:#0b57d0}}
@media(prefers-color-scheme:dark){{body{{background:#14181f;color:#e7ebf0}}
code,pre{{background:#222a35}}a{{color:#8ab4f8}}}}</style></head>
<body><main><h1>Wismo is running</h1>
<p>It answers order questions for <strong>{shop}</strong>. Policy <code>{policy}</code>,
{turns} turns in the journal.</p>
<ul><li><a href="/docs">The API, with a page to try it</a></li>
<li><a href="/readyz">Is everything in place?</a></li></ul>
<h2>Ask something</h2>
<p>The bearer token lies in <code>api_token</code> in the folder that WISMO_HOME names.</p>
<pre>curl -s {base}v1/tickets \\
  -H "Authorization: Bearer $(cat .wismo/api_token)" \\
  -H "Content-Type: application/json" \\
  -d '{{"text": "How long can I return something?"}}'</pre></main></body></html>"""


@router.get("/", response_class=HTMLResponse)
def front(house: AnyHouse) -> HTMLResponse:
    with house.database.read() as db:
        turns = journal.count(db)
    base = f"http://{house.settings.host}:{house.settings.port}/"
    page = PAGE.format(shop=_escaped(house.policy.shop.name), policy=house.policy.version, turns=turns, base=base)
    return HTMLResponse(page)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
