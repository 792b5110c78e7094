"""Models of the application in a revision."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, Table

from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.source import tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Imports of mapped classes, tables and metadata, by the module or in its functions, which have run."""
    for node in ast.walk(tree_of(step.script.path)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            module = sys.modules.get(node.module)
            for name in node.names:
                if _is_model(getattr(module, name.name, None)):
                    message = (
                        f"{name.name} is imported from the application, which goes on changing: this revision then "
                        "does something else, or fails, on a new database; write sa.table() with the columns it uses"
                    )
                    yield Found(None, message, line=node.lineno)


def _is_model(value: object) -> bool:
    """Whether a value describes tables as they are now."""
    described = getattr(value, "__table__", None) if isinstance(value, type) else value
    return isinstance(described, Table | MetaData)


RULE = Rule(
    "models-imported",
    "warning",
    "A revision describes the schema at one point of the history, models describe the newest one. Once they have a "
    "column that comes later, a SELECT by them fails in this revision, on each new database and in each test. "
    '`sa.table("account", sa.column("id"))` names what is used, and stays.',
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=("from shop_models import Account\n\nop.execute(sa.delete(Account).where(Account.id == 5))",),
        near=(
            (
                "from shop_models import LARGEST\n\n"
                'account = sa.table("account", sa.column("id"))\n'
                "op.execute(sa.delete(account).where(account.c.id > LARGEST))"
            ),
        ),
        module="from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n"
        "class Base(DeclarativeBase):\n    pass\n\n"
        'class Account(Base):\n    __tablename__ = "account"\n    id: Mapped[int] = mapped_column(primary_key=True)\n\n'
        "LARGEST = 5\n",
    ),
)
