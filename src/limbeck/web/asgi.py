"""The guard as ASGI middleware: FastAPI, Starlette, Litestar, Quart, Django."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from .guard import HERE, LONGEST, PATH, Guard, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence

    from .guard import Answer
    from .pending import Source

    Message = MutableMapping[str, object]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Message, Receive, Send], Awaitable[None]]


class AsgiGuard:
    """Answers ``/healthz/migrations``, and in development shows what is pending.

    The database is asked in a thread, so that the event loop is free.

    :param app: the application.
    :param source: its migrations: a `limbeck.Migrator`, or a `limbeck.config.Config`.
    :param development: whether a page may be shown that runs them; default: False. Never in production.
    :param path: of the health endpoint.
    :param hosts: names by which the page is called in development; default: those of this machine.
    """

    def __init__(
        self,
        app: App,
        source: Source,
        *,
        development: bool = False,
        path: str = PATH,
        hosts: Sequence[str] = HERE,
    ) -> None:
        self.app = app
        self._guard = Guard(source, development=development, path=path, hosts=hosts)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or have the application answer it; other scopes are the application's."""
        if scope["type"] == "http":
            pairs = cast("Iterable[tuple[bytes, bytes]]", scope["headers"])
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}
            path = str(scope["path"])
            request = Request(str(scope["method"]), path, headers.get("host", ""), headers.get("accept", ""))
            if self._guard.concerns(request):
                form = await _body(receive) if self._guard.runs(request) else b""
                answer = await asyncio.to_thread(self._guard.answer, request, form)
                if answer is not None:
                    await _send(send, answer, is_head=request.method == "HEAD")
                    return
        await self.app(scope, receive, send)


async def _body(receive: Receive) -> bytes:
    """The body of a request, up to what a form has."""
    found = b""
    while len(found) < LONGEST:
        message = await receive()
        found += cast("bytes", message.get("body", b""))
        if not message.get("more_body"):
            break
    return found[:LONGEST]


async def _send(send: Send, answer: Answer, *, is_head: bool) -> None:
    headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": int(answer.status[:3]), "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if is_head else answer.body})
