"""A report that is served on the loopback address, and made anew when what it shows has changed."""

from __future__ import annotations

import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

from limbeck.errors import CommandError
from limbeck.failure import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ADDRESS = "127.0.0.1"
_PAUSE = 0.5
"""Seconds between two looks at what has changed."""
_BEAT = 15.0
"""Seconds after which a browser that waits is sent a line, so that one that has gone is noticed."""


class _Page(NamedTuple):
    """What is served: the number of the page, its text, and why it could not be made anew; None: it could."""

    number: int = 0
    text: str = ""
    failure: str | None = None


class LiveReport:
    """A server of one page, whose address has a token that nobody can guess.

    :param make: gives the page, by what tells it from the ones before.
    :param port: the port; 0: a free one.
    :raises CommandError: where another program has the port.
    """

    def __init__(self, make: Callable[[str], str], port: int = 0) -> None:
        self._make = make
        self._page = _Page()
        self._turned = threading.Condition()
        self._is_over = False
        self._token = secrets.token_urlsafe(24)
        try:
            self._server = ThreadingHTTPServer((ADDRESS, port), self._handler())
        except (OSError, OverflowError) as error:  # the latter where there is no such port
            raise CommandError(
                f"Nothing can be served on port {port}: {getattr(error, 'strerror', error)}",
                code="port-taken",
                hint="name another --port, or leave it out for a free one",
            ) from error
        self._server.daemon_threads = True
        self._place = f"{ADDRESS}:{self._server.server_address[1]}"

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{self._place}/{self._token}/"

    def serve(self, changed: Callable[[], bool], told: Callable[[str], None]) -> None:
        """Serve until the process is interrupted, or ``changed`` raises.

        :param changed: whether the page is to be made anew; asked again and again, in this thread as `make` is.
        :param told: called with the address once the page is there.
        :raises Exception: what ``make`` raises the first time; later it is said on the page.
        """
        self._turn(_Page(1, self._make("1")))
        thread = threading.Thread(target=self._server.serve_forever, name="limbeck-report", daemon=True)
        thread.start()
        try:
            told(self.address)
            pause = threading.Event()
            while not pause.wait(_PAUSE):
                if changed():
                    self._turn(self._made_anew())
        except KeyboardInterrupt:
            pass
        finally:
            self._is_over = True
            self._turn(self._page)
            self._server.shutdown()
            self._server.server_close()

    def _made_anew(self) -> _Page:
        before = self._page
        number = before.number + 1
        try:
            return _Page(number, self._make(str(number)))
        except Exception as error:  # noqa: BLE001 a file that is being edited may be anything; the page says so
            return before._replace(failure=str(described(error)).partition("\n")[0])

    def _turn(self, page: _Page) -> None:
        with self._turned:
            self._page = page
            self._turned.notify_all()

    # --- what browsers ask ----------------------------------------------------------------------------------------

    def _events(self) -> Iterator[str]:
        """What a browser that waits is sent: the number of each page, and failures."""
        last: _Page | None = None
        while not self._is_over:
            with self._turned:
                if self._page is last and not self._is_over:
                    self._turned.wait(_BEAT)
                page = self._page
            if page is last:
                yield ":\n\n"
            elif page.failure is not None:
                yield f"event: failed\ndata: {' '.join(page.failure.split())}\n\n"
            else:
                yield f"event: made\ndata: {page.number}\n\n"
            last = page

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        live = self

        class Handler(BaseHTTPRequestHandler):
            """Answers what has the token, and was asked by the address itself: another site's name is refused."""

            def do_GET(self) -> None:
                """Answer."""
                _, token, *rest = self.path.partition("?")[0].split("/")
                is_known = secrets.compare_digest(token.encode(), live._token.encode())
                hosts = {live._place, live._place.replace(ADDRESS, "localhost")}
                if not is_known or self.headers.get("Host") not in hosts or rest not in ([""], ["changes"]):
                    self.send_error(404)
                elif rest == ["changes"]:
                    self._begin("text/event-stream")
                    self._send(live._events())
                else:
                    self._begin("text/html; charset=utf-8")
                    self._send([live._page.text])

            def _begin(self, kind: str) -> None:
                self.send_response(200)
                for name, value in (
                    ("Content-Type", kind),
                    ("Cache-Control", "no-store"),
                    ("Referrer-Policy", "no-referrer"),
                    ("X-Content-Type-Options", "nosniff"),
                    ("X-Frame-Options", "DENY"),
                ):
                    self.send_header(name, value)
                self.end_headers()

            def _send(self, texts: Iterable[str]) -> None:
                try:
                    for text in texts:
                        self.wfile.write(text.encode())
                        self.wfile.flush()
                except ConnectionError:
                    pass  # the browser has gone

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing of it."""

        return Handler
