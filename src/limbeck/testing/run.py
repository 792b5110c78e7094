"""The run of SQLAlchemy's pytest plugin that tests are part of: its database and its requirements.

Without the plugin, as in an editor or for documentation, the requirements are those of a database of which nothing is
known, so that the suite can be imported.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.testing import config as _config
from sqlalchemy.testing.requirements import SuiteRequirements as OfSQLAlchemy

from .requirements import SuiteRequirements

config: Any = _config


class _Unknown(SuiteRequirements, OfSQLAlchemy):
    """The requirements where no plugin has set any."""


if not isinstance(config.requirements, SuiteRequirements) and config.db is None:
    config.requirements = _Unknown()
