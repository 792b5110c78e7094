"""What the middleware answers itself, whatever the host: the health endpoint, the page, and the button of the page."""

from __future__ import annotations

import json
import logging
import secrets
import time
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

from limbeck.errors import CommandError

from .page import page
from .pending import pending, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .pending import Pending, Source

log = logging.getLogger("limbeck.web")

PATH = "/healthz/migrations"
"""Where the health endpoint is."""
HERE = ("localhost", "127.0.0.1", "[::1]")
"""Hosts that a browser calls this machine by."""
FINE = "200 OK"
AGAIN = 2.0
"""Seconds after which the database is asked again where something was pending."""
LONGEST = 10_000
"""Bytes of the form of the page, at most."""


class Request(NamedTuple):
    """What the guard has to know of a request.

    :param method: ``GET``, ``POST``, ... :param path: without the query. :param host: of the header ``Host``.
    :param accept: of the header ``Accept``.
    """

    method: str
    path: str
    host: str
    accept: str


class Answer(NamedTuple):
    """A response.

    :param status: code and words, as ``200 OK``. :param headers: pairs of name and value. :param body: the content.
    """

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Guard:
    """Answers for an application.

    :param source: its migrations.
    :param development: whether the page is shown, which can run them. Never in production.
    :param path: of the health endpoint; the form of the page is sent to ``path/run``.
    :param hosts: names by which the page is called in development.
    """

    def __init__(
        self, source: Source, *, development: bool = False, path: str = PATH, hosts: Sequence[str] = HERE
    ) -> None:
        self._source = source
        self._development = development
        self._path = path
        self._hosts = hosts
        self._token = secrets.token_urlsafe()
        self._lock = Lock()
        self._healthy: Answer | None = None
        self._pending: Answer | None = None
        self._asked = 0.0

    def concerns(self, request: Request) -> bool:
        """Whether the guard may have to answer a request; asks nothing."""
        if request.path == self._path:
            return request.method in {"GET", "HEAD"}
        if not self._development or _name(request.host) not in self._hosts:
            return False
        return self.runs(request) or (request.method == "GET" and "text/html" in request.accept)

    def runs(self, request: Request) -> bool:
        """Whether a request is that of the button of the page; its body is the form."""
        return self._development and request.method == "POST" and request.path == f"{self._path}/run"

    def answer(self, request: Request, form: bytes = b"") -> Answer | None:
        """The answer to a request that concerns the guard; None where the application answers.

        :param form: the body, where `runs` says so.
        """
        if request.path == self._path:
            return self._health()
        if self.runs(request):
            return self._run(form)
        try:
            lacking = [one for one in pending(self._source) if one.revisions]
        except Exception:  # the application says it in its own way: this is a page of a developer
            log.exception("What is pending could not be asked")
            return None
        return (
            _html("503 Service Unavailable", page(lacking, self._token, f"{self._path}/run", request.path))
            if lacking
            else None
        )

    def _health(self) -> Answer:
        """The answer of the health endpoint: one that is fine is kept, another one for a moment."""
        with self._lock:
            if self._healthy is not None and not self._development:
                return self._healthy
            if self._pending is not None and time.monotonic() < self._asked + AGAIN:
                return self._pending
            try:
                found = pending(self._source)
            except Exception as error:  # noqa: BLE001 an endpoint says that it does not know
                return _json("503 Service Unavailable", {"status": "unknown", "error": type(error).__name__})
            self._asked = time.monotonic()
            answer = _health(found)
            self._healthy, self._pending = (answer, None) if answer.status == FINE else (None, answer)
            return answer

    def _run(self, form: bytes) -> Answer:
        given = {name: values[0] for name, values in parse_qs(form.decode("utf-8", "replace")).items()}
        if not secrets.compare_digest(given.get("token", "").encode(), self._token.encode()):
            return Answer("403 Forbidden", [("Content-Type", "text/plain")], b"The token is not that of the page.\n")
        back = given.get("next", "/")
        back = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
        with self._lock:
            try:
                run(self._source)
            except Exception as error:
                log.exception("The upgrade failed")
                hint = error.hint if isinstance(error, CommandError) else None
                told = f"{type(error).__name__}: {error}" + (f"\n{hint}" if hint else "")
                lacking = [one for one in pending(self._source) if one.revisions]
                return _html("500 Internal Server Error", page(lacking, self._token, f"{self._path}/run", back, told))
            self._healthy = self._pending = None
        return Answer("303 See Other", [("Location", back)], b"")


def _name(host: str) -> str:
    """A host without its port."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _health(found: Sequence[Pending]) -> Answer:
    is_fine = not any(one.revisions for one in found)
    document = {
        "status": "ok" if is_fine else "pending",
        "databases": [
            {
                "rows": list(one.rows),
                "unknown": list(one.unknown),
                "pending": [{"revision": each.revision, "doc": each.doc} for each in one.revisions],
            }
            for one in found
        ],
    }
    return _json(FINE if is_fine else "503 Service Unavailable", document)


def _json(status: str, document: object) -> Answer:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return Answer(status, headers, json.dumps(document).encode())


def _html(status: str, text: str) -> Answer:
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ]
    return Answer(status, headers, text.encode())
