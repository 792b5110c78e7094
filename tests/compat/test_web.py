"""Migrations in the start-up of a web application, whose requests use the same engine afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from installed import Installed, write

REVISION = """
from limbeck import op
import sqlalchemy as sa
revision, down_revision = "a1", None
def upgrade(): op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
def downgrade(): op.drop_table("t")
"""

SHARED = """
import asyncio, sys
from contextlib import asynccontextmanager
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
import limbeck, limbeck.aio

engine = create_async_engine(sys.argv[1])

async def upgrade():
    if sys.argv[2] == "awaited":
        await limbeck.aio.Migrator(engine, "versions").upgrade()
    else:
        limbeck.Migrator(engine, "versions").upgrade()

async def count():
    async with engine.connect() as connection:
        return (await connection.execute(sa.text("SELECT count(*) FROM t"))).scalar()

@asynccontextmanager
async def lifespan(app):
    await upgrade()
    yield
    await engine.dispose()
"""

HOSTS = {
    "starlette": """
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
async def home(request): return JSONResponse(await count())
with TestClient(Starlette(routes=[Route("/", home)], lifespan=lifespan)) as client:
    print([client.get("/").json() for _ in range(3)])
""",
    "fastapi": """
from fastapi import FastAPI
from fastapi.testclient import TestClient
app = FastAPI(lifespan=lifespan)
@app.get("/")
async def home(): return await count()
with TestClient(app) as client:
    print([client.get("/").json() for _ in range(3)])
""",
    "litestar": """
from litestar import Litestar, get
from litestar.testing import TestClient
@get("/")
async def home() -> int: return await count()
with TestClient(Litestar([home], lifespan=[lifespan])) as client:
    print([client.get("/").json() for _ in range(3)])
""",
    "asyncio": """
async def main():
    async with lifespan(None):
        print(list(await asyncio.gather(count(), count(), count())))
asyncio.run(main())
""",
    "anyio": """
import anyio
async def main():
    found = []
    async def request(): found.append(await count())
    async with lifespan(None), anyio.create_task_group() as group:
        for _ in range(3): group.start_soon(request)
    print(found)
anyio.run(main)
""",
}


@pytest.mark.parametrize("how", ["awaited", "blocking"])
@pytest.mark.parametrize("host", HOSTS)
def test_requests_are_answered_after_an_upgrade_at_startup(
    host: str, how: str, here: Installed, postgresql_url: str, tmp_path: Path
) -> None:
    """Three requests at once, or one after the other, by an engine of asyncpg with a pool."""
    folder = write(tmp_path, {"versions/a1.py": REVISION, "app.py": SHARED + HOSTS[host]})
    url = postgresql_url.replace(postgresql_url.partition(":")[0], "postgresql+asyncpg", 1)
    done = here.run("python", "app.py", url, how, cwd=folder)
    assert (done.returncode, done.stdout) == (0, "[0, 0, 0]\n"), done.stderr
