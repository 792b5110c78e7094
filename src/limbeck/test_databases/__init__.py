"""Throwaway databases for an application's tests: at the head of the history, or at one of its revisions.

The pytest plugin gives them as fixtures; `MigrationsMixin` gives them to `unittest`.
"""

from .asynchronous import AsyncStagedDatabase as AsyncStagedDatabase
from .mixin import MigrationsMixin as MigrationsMixin
from .opening import at as at
from .opening import before as before
from .opening import migrated as migrated
from .staged import StagedDatabase as StagedDatabase
