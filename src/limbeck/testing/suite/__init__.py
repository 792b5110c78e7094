"""The conformance test for a dialect and its impl, to be run by its package against its own database.

::

    # test_migrations.py of the package, beside the conftest.py and setup.cfg that SQLAlchemy's suite asks for
    from limbeck.testing.suite import *

Required of every dialect are `MigrationTransactionTest`, `HistoryTest`, `OperationsTest` and `ScriptTest`. What else
there is stands under a requirement (`limbeck.testing.requirements`), which is off, or can be switched off, where a
database lacks it. A class is left out, or a test of it changed, by a subclass of the same name.
"""

# names that packages use in the methods that they override
from limbeck.testing import combinations as combinations
from limbeck.testing import config as config
from limbeck.testing import eq_ as eq_
from limbeck.testing import fixture as fixture
from limbeck.testing import mock as mock
from limbeck.testing.fixtures import TestBase as TestBase

from .test_autogen_comments import AutogenerateCommentsTest as AutogenerateCommentsTest
from .test_autogen_comments import AutogenerateEmptyCommentsTest as AutogenerateEmptyCommentsTest
from .test_autogen_computed import AutogenerateComputedTest as AutogenerateComputedTest
from .test_autogen_diffs import AlterColumnTest as AlterColumnTest
from .test_autogen_diffs import AutogenerateRoundTripTest as AutogenerateRoundTripTest
from .test_autogen_diffs import AutoincrementTest as AutoincrementTest
from .test_autogen_fks import AutogenerateFKOptionsTest as AutogenerateFKOptionsTest
from .test_autogen_fks import AutogenerateForeignKeysTest as AutogenerateForeignKeysTest
from .test_autogen_fks import IncludeHooksTest as IncludeHooksTest
from .test_autogen_identity import AutogenerateIdentityTest as AutogenerateIdentityTest
from .test_environment import HistoryTest as HistoryTest
from .test_environment import MigrationTransactionTest as MigrationTransactionTest
from .test_op import BackendAlterColumnTest as BackendAlterColumnTest
from .test_op import OperationsTest as OperationsTest
from .test_script import ScriptTest as ScriptTest
