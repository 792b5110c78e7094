"""A shop, for plans and runs of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from modern_shop import ACCOUNT, ROWS, Shop


@pytest.fixture
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Shop]:
    """A shop with table ``account`` of three rows."""

    def made(kind: str) -> Shop:
        shop = Shop(tmp_path, request.getfixturevalue(f"{kind}_url"))
        shop.script("a1", None, ACCOUNT, 'op.drop_table("account")', doc="accounts")
        shop.upgrade()
        shop.look(ROWS)
        return shop

    return made


@pytest.fixture
def shop(make: Callable[[str], Shop]) -> Shop:
    return make("sqlite")
