"""The accounts of how-to/accounts.md, made by its SQL: what each may do is what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from walkthrough import MODELS, blocks

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "accounts.md"
Limbeck = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def accounts(postgresql_url: str) -> Iterator[dict[str, sa.URL]]:
    """The URL of each account of the page; here their names have the number of this process."""
    url = sa.make_url(postgresql_url)
    (sql,) = (each.text for each in blocks(PAGE.read_text(encoding="utf-8")) if each.language == "sql")
    names = {name: f"{name}_{os.getpid()}" for name in re.findall(r"CREATE ROLE (\w+)", sql)}
    sql = re.sub("|".join(names), lambda found: names[found[0]], sql)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in sql.split(";"):
            if statement.strip():
                connection.exec_driver_sql(statement)
        yield {name: url.set(username=role) for name, role in names.items()}
        for role in names.values():
            connection.exec_driver_sql(f"DROP OWNED BY {role} CASCADE")
            connection.exec_driver_sql(f"DROP ROLE {role}")
    engine.dispose()


@pytest.fixture
def limbeck(accounts: dict[str, sa.URL], tmp_path: Path) -> Limbeck:
    """The command in a project, as one of the accounts."""

    def run(account: str, command: str) -> subprocess.CompletedProcess[str]:
        url = accounts[account].render_as_string(hide_password=False)
        return subprocess.run(
            [sys.executable, "-m", "limbeck", *command.split()],
            cwd=tmp_path, env={**os.environ, "LIMBECK_URL": url}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    (tmp_path / "models.py").write_text(MODELS)
    for command in ("init migrations", "revision --autogenerate -m customers", "upgrade head"):
        done = run("shop_owner", command)
        assert done.returncode == 0, done.stderr
    return run


def test_each_account_does_what_the_page_says(limbeck: Limbeck, accounts: dict[str, sa.URL]) -> None:
    for command in ("status --check", "status --wait 0", "current", "plan base", "check", "schema", "upgrade head"):
        done = limbeck("shop_look", command)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    refused = limbeck("shop_look", "downgrade base --yes")
    assert refused.returncode == 3
    assert "error[database]" in refused.stderr
    assert "must be owner of table customer" in refused.stderr
    engine = sa.create_engine(accounts["shop_app"])
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO customer DEFAULT VALUES")
        assert connection.exec_driver_sql("SELECT count(*) FROM customer").scalar() == 1
    engine.dispose()
    without = limbeck("shop_owner", "test")
    assert (without.returncode, "error[no-scratch]" in without.stderr) == (3, True), without.stderr
