"""`limbeck.web` below FastAPI, Starlette, Litestar, Flask and Django: health, and the page of a developer."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from limbeck import Migrator
from limbeck.config import Config
from limbeck.web import AsgiGuard, WsgiGuard

SCRIPT = '''"""{doc}"""
import sqlalchemy as sa
from limbeck import op
revision = {revision!r}
down_revision = {down!r}
def upgrade():
    {does}
def downgrade():
    pass
'''
HEALTH = "/healthz/migrations"
BROWSER = {"Accept": "text/html,*/*"}
Ask = Callable[..., tuple[int, dict[str, str], str]]


def write(folder: Path, revision: str, down: str | None, doc: str, does: str | None = None) -> None:
    does = does or f"op.create_table('t_{revision}', sa.Column('id', sa.Integer, primary_key=True))"
    (folder / f"{revision}.py").write_text(SCRIPT.format(revision=revision, down=down, doc=doc, does=does))


@pytest.fixture
def engine(sqlite_url: str):
    made = sa.create_engine(sqlite_url)
    yield made
    made.dispose()


@pytest.fixture
def migrator(tmp_path: Path, engine: sa.Engine) -> Migrator:
    """a1 - a2"""
    folder = tmp_path / "migrations"
    folder.mkdir()
    write(folder, "a1", None, "customers")
    write(folder, "a2", "a1", "orders <b>")
    return Migrator(engine, folder)


def starlette(source: Any, **settings: Any) -> Ask:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def hello(_request: Any) -> PlainTextResponse:
        return PlainTextResponse("hello")

    return _asgi(AsgiGuard(Starlette(routes=[Route("/", hello)]), source, **settings))


def fastapi(source: Any, **settings: Any) -> Ask:
    from fastapi import FastAPI
    from fastapi.responses import PlainTextResponse

    app = FastAPI()

    @app.get("/")
    def hello() -> PlainTextResponse:
        return PlainTextResponse("hello")

    app.add_middleware(AsgiGuard, source=source, **settings)
    return _asgi(app)


def litestar(source: Any, **settings: Any) -> Ask:
    """Around the application: a middleware of Litestar's is asked for paths of the application only."""
    from litestar import Litestar, MediaType, get

    @get("/", media_type=MediaType.TEXT)
    async def hello() -> str:
        return "hello"

    return _asgi(AsgiGuard(Litestar([hello], openapi_config=None), source, **settings))


def django_asgi(source: Any, **settings: Any) -> Ask:
    from django.core.asgi import get_asgi_application

    _django()
    return _asgi(AsgiGuard(get_asgi_application(), source, **settings))


def _asgi(app: Any) -> Ask:
    from starlette.testclient import TestClient

    client = TestClient(app, base_url="http://localhost", follow_redirects=False)

    def ask(method: str, path: str, headers: Any = None, data: Any = None) -> tuple[int, dict[str, str], str]:
        found = client.request(method, path, headers=headers, data=data)
        return found.status_code, dict(found.headers), found.text

    return ask


def flask(source: Any, **settings: Any) -> Ask:
    from flask import Flask

    app = Flask("shop")
    app.route("/")(lambda: "hello")
    app.wsgi_app = WsgiGuard(app.wsgi_app, source, **settings)  # type: ignore[method-assign]
    return _wsgi(app)


def django(source: Any, **settings: Any) -> Ask:
    from django.core.wsgi import get_wsgi_application

    _django()
    return _wsgi(WsgiGuard(get_wsgi_application(), source, **settings))


def _django() -> None:
    """A project of one file, which is this one."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x")  # noqa: S106


def _wsgi(app: Any) -> Ask:
    from werkzeug.test import Client

    client = Client(app)

    def ask(method: str, path: str, headers: Any = None, data: Any = None) -> tuple[int, dict[str, str], str]:
        found = client.open(path, method=method, headers=headers, data=data, base_url="http://localhost")
        return found.status_code, {name.lower(): value for name, value in found.headers.items()}, found.get_data(True)

    return ask


def __getattr__(name: str) -> Any:
    """``urlpatterns`` of Django, made when it asks for them."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.http import HttpResponse
    from django.urls import path

    return [path("", lambda _request: HttpResponse("hello"))]


hosts = pytest.mark.parametrize(
    "host", [starlette, fastapi, litestar, django_asgi, flask, django], ids=lambda host: host.__name__
)


@hosts
def test_health_in_production(host: Callable[..., Ask], migrator: Migrator, engine: sa.Engine) -> None:
    """503 while something is pending, 200 once nothing is; a start asks once, and no request asks again."""
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    ask = host(migrator)
    code, headers, text = ask("GET", HEALTH)
    assert (code, headers["content-type"]) == (503, "application/json")
    assert '"status": "pending"' in text
    assert '{"revision": "a2", "doc": "orders <b>"}' in text
    asked = len(statements)
    assert [ask("GET", HEALTH)[0] for _ in range(3)] == [503] * 3
    assert ask("HEAD", HEALTH)[2] == ""
    assert ask("GET", "/", BROWSER)[::2] == (200, "hello"), "in production the application answers"
    assert ask("POST", f"{HEALTH}/run", data={})[0] in {403, 404, 405}
    assert len(statements) == asked
    migrator.upgrade()
    again = host(migrator)
    statements.clear()
    assert again("GET", HEALTH)[::2] == (
        200,
        '{"status": "ok", "databases": [{"rows": ["a2"], "unknown": [], "pending": []}]}',
    )
    asked = len(statements)
    assert "SELECT" in statements[-1]
    assert sum("alembic_version.version_num" in one for one in statements) == 1, "one query for the rows"
    again("GET", HEALTH)
    assert len(statements) == asked


def test_a_process_that_started_before_its_migrations_becomes_ready(
    migrator: Migrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limbeck.web.guard.AGAIN", 0.0)
    ask = flask(migrator)
    assert ask("GET", HEALTH)[0] == 503
    migrator.upgrade()
    assert ask("GET", HEALTH)[0] == 200


@hosts
def test_the_page_in_development_runs_what_is_pending(host: Callable[..., Ask], migrator: Migrator) -> None:
    ask = host(migrator, development=True)
    code, headers, text = ask("GET", "/?page=2", BROWSER)
    assert (code, headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "<h1>2 revisions are pending</h1>" in text
    assert "<li><code>a2</code> orders &lt;b&gt;</li>" in text
    assert ask("GET", "/", {"Accept": "application/json"})[::2] == (200, "hello"), "only pages are replaced"
    token = re.search(r'name="token" value="([^"]+)"', text)
    assert token is not None
    assert ask("POST", f"{HEALTH}/run", data={"token": "another", "next": "/"})[0] == 403
    assert migrator.current().rows == ()
    code, headers, _ = ask("POST", f"{HEALTH}/run", data={"token": token[1], "next": "/"})
    assert (code, headers["location"]) == (303, "/")
    assert migrator.current().rows == ("a2",)
    assert ask("GET", "/", BROWSER)[::2] == (200, "hello")
    assert ask("GET", HEALTH)[0] == 200


def test_a_revision_that_fails_is_said_on_the_page(migrator: Migrator, tmp_path: Path) -> None:
    write(tmp_path / "migrations", "a3", "a2", "broken", "raise ValueError('no <luck>')")
    ask = starlette(migrator, development=True)
    token = re.search(r'name="token" value="([^"]+)"', ask("GET", "/", BROWSER)[2])
    assert token is not None
    code, _, text = ask("POST", f"{HEALTH}/run", data={"token": token[1], "next": "//evil.example"})
    assert code == 500
    assert "no &lt;luck&gt;" in text
    assert "<h1>1 revision is pending</h1>" in text
    assert "evil.example" not in text


def test_another_host_sees_neither_page_nor_button(migrator: Migrator) -> None:
    """A name of the network that leads here is not ours: its pages could read the token."""
    ask = starlette(migrator, development=True)
    assert ask("GET", "/", {**BROWSER, "Host": "shop.example"})[::2] == (200, "hello")
    assert ask("POST", f"{HEALTH}/run", {"Host": "shop.example"}, {"token": "x"})[0] == 404
    named = starlette(migrator, development=True, hosts=["shop.test"])
    assert named("GET", "/", {**BROWSER, "Host": "shop.test:8000"})[0] == 503


def test_a_database_that_newer_code_has_migrated_is_fine(migrator: Migrator, tmp_path: Path) -> None:
    migrator.upgrade()
    (tmp_path / "migrations" / "a2.py").unlink()
    assert starlette(migrator)("GET", HEALTH)[::2] == (
        200,
        '{"status": "ok", "databases": [{"rows": ["a2"], "unknown": ["a2"], "pending": []}]}',
    )


def test_a_database_that_cannot_be_asked_is_asked_again(migrator: Migrator, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.rename(tmp_path / "elsewhere")
    ask = flask(migrator)
    assert ask("GET", HEALTH)[::2] == (503, '{"status": "unknown", "error": "CommandError"}')
    (tmp_path / "elsewhere").rename(folder)
    assert '"status": "pending"' in ask("GET", HEALTH)[2]


def test_a_configuration_with_env_py(tmp_path: Path, sqlite_url: str) -> None:
    from limbeck import command

    command.init(Config(str(tmp_path / "alembic.ini")), str(tmp_path / "migrations"), edition=2026)
    config = Config(str(tmp_path / "alembic.ini"))
    config.set_main_option("sqlalchemy.url", sqlite_url)
    write(tmp_path / "migrations" / "versions", "a1", None, "customers")
    Path(sqlite_url.removeprefix("sqlite:///")).touch()
    ask = flask(config, development=True)
    text = ask("GET", "/", BROWSER)[2]
    token = re.search(r'name="token" value="([^"]+)"', text)
    assert token is not None
    assert ask("POST", f"{HEALTH}/run", data={"token": token[1], "next": "/"})[0] == 303
    assert ask("GET", HEALTH)[0] == 200
