"""Who is asking? An unguessable id in a cookie, so that a reload finds the visitor's own pictures again."""

from __future__ import annotations

import re
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "cnnviz_visitor"
LIFETIME = 7 * 24 * 60 * 60  # seconds after the last page, as long as collected classes; pictures expire sooner
_ID = re.compile(r"[A-Za-z0-9_-]{43}")

# Streamlit's frontend needs inline scripts and styles, blob: addresses for the modules of components, and WebAssembly
# for the 64-bit numbers of its messages. Nothing on our pages is compiled from text, so there is no 'unsafe-eval'.
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; "
        "worker-src 'self' blob:; frame-src 'self'; frame-ancestors 'self'; object-src 'none'; base-uri 'self'; "
        "form-action 'self'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
}


class VisitorMiddleware:
    """Gives every visitor the cookie and every page the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        known = visitor_id(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", _cookie(known or secrets.token_urlsafe(32), scope["scheme"]))
            await send(message)

        await self.app(scope, receive, send_with_headers)


def visitor_id(cookie_header: str) -> str | None:
    """The visitor's id in a Cookie header, or None when there is none (or one that we cannot have given)."""
    try:
        morsel = SimpleCookie(cookie_header).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel and _ID.fullmatch(morsel.value) else None


def _cookie(visitor: str, scheme: str) -> str:
    secure = "; Secure" if scheme == "https" else ""
    return f"{COOKIE}={visitor}; Path=/; Max-Age={LIFETIME}; HttpOnly; SameSite=Lax{secure}"
