"""The parts of the reference that are made of the code while Sphinx reads a page.

A page has a line ``<!-- from the code: NAME -->`` where one of `PARTS` goes. On a forge nothing is seen there, so that
the page says where else to look.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import commands, operations, pages, schemas

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS: dict[str, Callable[[], str]] = {
    "global options": commands.everywhere,
    "commands": commands.all_commands,
    "operations": operations.all_operations,
    "schemas": schemas.all_schemas,
    "pages that have no place yet": pages.other_pages,
}
"""What makes each part: a function that returns Markdown."""

MARK = re.compile(r"^<!-- from the code: (.+) -->$", re.MULTILINE)


def written_out(text: str) -> str:
    """The Markdown of a page with its parts in their places."""
    return MARK.sub(lambda found: PARTS[found[1]](), text)
