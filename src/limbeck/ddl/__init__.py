"""DDL elements, the impl that dialects subclass with its parts, and the rebuild of a table."""

from __future__ import annotations

from .impl import DefaultImpl as DefaultImpl
