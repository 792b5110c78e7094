"""The exact comparison: the database writes both sides, and they are compared as values."""

from __future__ import annotations

from limbeck.autogenerate.registry import EXACT, add_plugin

from . import columns, standalone, tables

add_plugin(EXACT, columns, tables, standalone)
