"""The page for people at the root of the API."""

from __future__ import annotations

from functools import cache
from html import escape

from tocsin import __version__
from tocsin.faces.api.problems import TYPES
from tocsin.faces.api.routes import ROUTES

_STYLE = """body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2330}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #d8dce4}
code{font-size:.9em}a{color:#0b5cad}@media(prefers-color-scheme:dark){body{background:#12161d;color:#e4e8ef}
td,th{border-color:#333b48}a{color:#7cb7f5}}"""
_WORDS = {
    "en": ("Decision API", "The full description", "What can be asked", "Problems", "none"),
    "zh": ("判定接口", "完整说明", "可用请求", "错误", "无须密钥"),
}


@cache
def html(language: str) -> bytes:
    """The page in a language, `en` or `zh`."""
    title, description, asked, problems, free = _WORDS[language]
    chinese = language == "zh"
    routes = "".join(
        f"<tr><td><code>{route.method} {escape(route.path)}</code><td>{escape(route.zh if chinese else route.en)}"
        f"<td>{' / '.join(f'<code>{one}</code>' for one in route.scopes) or free}"
        for route in ROUTES
    )
    named = "".join(
        f'<tr id="{name}"><td>{status}<td><code>{name}</code><td>{escape(zh if chinese else en)}'
        for status, (name, en, zh) in TYPES.items()
    )
    return f"""<!doctype html><html lang="{"zh-CN" if chinese else "en"}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Tocsin 警钟 · {title}</title><style>{_STYLE}</style>
<h1>Tocsin 警钟 {__version__} · {title}</h1>
<p>{description} (OpenAPI 3.1): <a href="/openapi.json">/openapi.json</a>
<h2>{asked}</h2><table>{routes}</table>
<h2>{problems} (RFC 9457)</h2><table>{named}</table></html>""".encode()
