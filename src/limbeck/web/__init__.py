"""Pending revisions as web applications see them: a health endpoint, and in development a page with a button.

app = AsgiGuard(app, Migrator(url, "migrations"))                        # FastAPI, Starlette, Litestar, Django
app.wsgi_app = WsgiGuard(app.wsgi_app, Config("alembic.ini"))            # Flask, Django
"""

from __future__ import annotations

from .asgi import AsgiGuard
from .wsgi import WsgiGuard

__all__ = ["AsgiGuard", "WsgiGuard"]
