"""Many databases that have the revisions of one project: brought up together, with a ledger of how each fared.

`Fleet` is for programs, `Target` is one of the databases, `Stage` says which of them come before others.
"""

from __future__ import annotations

from .api import Fleet
from .stages import Stage
from .targets import Target

__all__ = ["Fleet", "Stage", "Target"]
