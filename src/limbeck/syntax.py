"""The syntax tree of a source, also where other threads make trees at the same time.

Python 3.11 (seen with 3.11.7) counts how deep it is in a tree at one place for all threads. While it makes a tree, the
garbage collector may run, and a finalizer let another thread in: where that makes a tree too, the count is wrong
afterwards, and ``ast.parse`` raises SystemError for a source that has no fault, in place of a tree that has none.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

ATTEMPTS = 10
"""How often a tree is made before such an error is believed.

No lock is needed then, which would keep out Limbeck's own threads alone, and stay locked in a process forked meanwhile.
"""


def syntax_tree(source: str | bytes) -> ast.Module:
    """As ``ast.parse``, in any thread.

    :raises SyntaxError: for what is no Python. :raises ValueError: where it has null bytes.
    :raises RecursionError: where it is nested too deeply.
    """
    import ast

    for _ in range(ATTEMPTS - 1):
        with suppress(SystemError):
            return ast.parse(source)
    return ast.parse(source)
