"""The tables that Limbeck itself has beside an application's, as one look at the catalogue finds them."""

from __future__ import annotations

from typing import NamedTuple


class OwnTable(NamedTuple):
    """A table that is there.

    :param columns: names of its columns. :param is_writable: whether the account may insert and update rows.
    """

    columns: frozenset[str]
    is_writable: bool
