"""Which warnings fail a test."""

from __future__ import annotations

import warnings

from sqlalchemy.exc import SAWarning


def setup_filters() -> None:
    """Make errors of SQLAlchemy's warnings and of deprecations, in this process."""
    warnings.filterwarnings("error", category=SAWarning)
    warnings.filterwarnings("error", category=DeprecationWarning)
