"""The version of SQLAlchemy, where what it offers depends on it."""

from __future__ import annotations

import re

import sqlalchemy as sa

VERSION: tuple[int, ...] = tuple(int(part) for part in re.findall(r"\d+", sa.__version__)[:3])

SQLA_2_1 = VERSION >= (2, 1)
