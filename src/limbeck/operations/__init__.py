"""Operations: what migration scripts do to a database, as data and as calls."""

from . import ops, toimpl
from .base import AbstractOperations, BatchOperations, Operations
from .containers import MigrationScript
from .operation import MigrateOperation

__all__ = [
    "AbstractOperations",
    "BatchOperations",
    "MigrateOperation",
    "MigrationScript",
    "Operations",
    "ops",
    "toimpl",
]
