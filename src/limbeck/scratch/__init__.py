"""Scratch databases: throwaway copies of the databases of an environment, their schema made by the history.

    with scratch.copies(environment) as twin:
        verbs.carry_out(twin, "upgrade", "heads")

``twin`` is an `Environment` whose env.py runs as always, but on the copies. They are dropped after the block. A process
that is killed leaves its copies behind; the next use on the same server drops them.

Where many copies of the same revision are wanted, `Templates` runs the history once, and copies what it has made.
"""

from .copies import WHILE_BRINGING as WHILE_BRINGING
from .copies import Copies as Copies
from .copies import copies as copies
from .names import ANOTHER_HOST as ANOTHER_HOST
from .names import PREFIX as PREFIX
from .names import is_there as is_there
from .names import leftovers as leftovers
from .templates import Template as Template
from .templates import Templates as Templates
