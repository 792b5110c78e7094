"""The exact comparison: the database writes both sides, and they are compared as values."""

from __future__ import annotations

from limbeck.autogenerate.registry import EXACT, OBJECTS, add_plugin

from . import columns, objects, standalone, tables

add_plugin(EXACT, columns, tables, standalone)
add_plugin(OBJECTS, objects)
