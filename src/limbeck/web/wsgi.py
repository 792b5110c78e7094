"""The guard as WSGI middleware: Flask, Django, Pyramid, Bottle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .guard import HERE, LONGEST, PATH, Guard, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from .pending import Source


class WsgiGuard:
    """Answers ``/healthz/migrations``, and in development shows what is pending.

    :param app: the application.
    :param source: its migrations: a `limbeck.Migrator`, or a `limbeck.config.Config`.
    :param development: whether a page may be shown that runs them; default: False. Never in production.
    :param path: of the health endpoint.
    :param hosts: names by which the page is called in development; default: those of this machine.
    """

    def __init__(
        self,
        app: WSGIApplication,
        source: Source,
        *,
        development: bool = False,
        path: str = PATH,
        hosts: Sequence[str] = HERE,
    ) -> None:
        self.app = app
        self._guard = Guard(source, development=development, path=path, hosts=hosts)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or have the application answer it."""
        request = Request(
            environ.get("REQUEST_METHOD", "GET"),
            environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""),
            environ.get("HTTP_HOST", ""),
            environ.get("HTTP_ACCEPT", ""),
        )
        if self._guard.concerns(request):
            form = b""
            if self._guard.runs(request):
                form = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), LONGEST))
            answer = self._guard.answer(request, form)
            if answer is not None:
                start_response(answer.status, [*answer.headers, ("Content-Length", str(len(answer.body)))])
                return [b"" if request.method == "HEAD" else answer.body]
        return self.app(environ, start_response)
