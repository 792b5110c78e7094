"""Operations as a script, on the dialect of the run."""

from __future__ import annotations

from limbeck.testing import combinations, config
from limbeck.testing.fixtures import TestBase
from limbeck.testing.scripts import CALLS, Scripts


class ScriptTest(Scripts, TestBase):
    """`Scripts`, as a class of SQLAlchemy's plugin."""

    __backend__ = True

    def dialect_name(self) -> str:
        return config.db.dialect.name

    @combinations(*((name,) for name in CALLS), argnames="name")
    def test_operation(self, name: str) -> None:
        self.each(name)
