"""SQLAlchemy elements, the impl that every dialect starts from, and where SQL goes: a connection or a script."""

from __future__ import annotations

from .impl import DefaultImpl as DefaultImpl
