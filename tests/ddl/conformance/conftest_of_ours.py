"""What SQLAlchemy's suite asks of a package with a dialect: its pytest plugin, in the package's own conftest.py."""

import pytest
from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: F403 as SQLAlchemy's README.dialects.rst has it

pytest.register_assert_rewrite("sqlalchemy.testing.assertions")
