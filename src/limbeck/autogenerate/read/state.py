"""What one comparison has read and settled so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.ddl.normalizer import Normalizer

    from .reflect import Reflection
    from .renames import OpenRename, Renames
    from .snapshot import Snapshot


@dataclass
class ComparisonState:
    """What one comparison has read and settled so far.

    :param reflection: the tables of the database.
    :param normalizer: how the dialect compares exactly; None where the comparison is classic.
    :param open_renames: possible renamings that are not decided on; known once tables are compared.
    :param snapshot: both sides of an exact comparison; known once tables are compared.
    """

    reflection: Reflection
    normalizer: Normalizer | None
    open_renames: Sequence[OpenRename] = ()
    snapshot: Snapshot | None = None

    @property
    def renames(self) -> Renames:
        """The renamings; empty before tables are compared."""
        return self.reflection.renames

    @property
    def is_exact(self) -> bool:
        """Whether the comparison is exact."""
        return self.normalizer is not None
