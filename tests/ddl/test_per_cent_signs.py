"""Per cent signs in names: a driver takes two of them for one, in statements that it formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from limbeck.operations import Operations

TABLE, COLUMN = "50% d", "c%s"
Step = Callable[[Operations], object]


def identity(op: Operations) -> None:
    op.alter_column(TABLE, COLUMN, nullable=False, existing_type=sa.Integer())
    op.alter_column(TABLE, COLUMN, server_default=sa.Identity(), existing_type=sa.Integer())


def enum(op: Operations) -> None:
    op.create_enum("e%", ["a%", "b"])
    op.add_column(TABLE, sa.Column("x%", postgresql.ENUM("a%", "b", name="e%", create_type=False)))
    op.rename_enum_value("e%", "b", "d%")
    op.replace_enum_values("e%", ["a%"], existing_values=["a%", "d%"])


def domain(op: Operations) -> None:
    op.create_domain("d%", sa.Integer(), checks={"k%": "VALUE > 0"})
    op.alter_domain("d%", not_null=True)
    op.drop_domain("d%")


def sequence(op: Operations) -> None:
    op.create_sequence("s%", start=3)
    op.alter_sequence("s%", increment=5)
    op.drop_sequence("s%")


def rebuild(op: Operations) -> None:
    with op.batch_alter_table(TABLE, recreate="always") as batch_op:
        batch_op.add_column(sa.Column("z%", sa.Integer))


EVERYWHERE: dict[str, Step] = {
    "sequence": sequence,
    "rebuild": rebuild,
    "type": lambda op: op.alter_column(TABLE, COLUMN, type_=sa.BigInteger(), existing_type=sa.Integer()),
    "comment": lambda op: op.create_table_comment(TABLE, "100%"),
}
OF_POSTGRESQL: dict[str, Step] = {
    "identity": identity,
    "enum": enum,
    "domain": domain,
    "owned sequence": lambda op: op.create_sequence("s%", owned_by=(TABLE, COLUMN)),
    "storage": lambda op: op.alter_table_options(TABLE, {"postgresql_with": {"fillfactor": "70"}}),
}
OF_MARIADB: dict[str, Step] = {
    "storage": lambda op: op.alter_table_options(TABLE, {"mysql_row_format": "COMPACT"}),
}


def carry_out(server: Any, step: Step) -> None:
    server.op.create_table(
        TABLE, sa.Column("id", sa.Integer, primary_key=True), sa.Column(COLUMN, sa.Integer, server_default="1")
    )
    server.op.bulk_insert(sa.table(TABLE, sa.column("id")), [{"id": 7}])
    step(server.op)
    assert server.connection.execute(sa.select(sa.column("id")).select_from(sa.table(TABLE))).scalar() == 7


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("step", {**EVERYWHERE, **OF_POSTGRESQL}.values(), ids={**EVERYWHERE, **OF_POSTGRESQL})
def test_postgresql(step: Step, driver: str, edition: int | None, postgresql_url: str, online: Any) -> None:
    url = sa.make_url(postgresql_url).set(drivername=f"postgresql+{driver}", query={})
    carry_out(online(url.render_as_string(hide_password=False), edition=edition), step)


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("step", {**EVERYWHERE, **OF_MARIADB}.values(), ids={**EVERYWHERE, **OF_MARIADB})
def test_mariadb(step: Step, edition: int | None, mariadb_url: str, online: Any) -> None:
    carry_out(online(mariadb_url, edition=edition), step)
