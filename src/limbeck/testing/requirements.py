"""What a database may be unable to do: a class of requirements that a dialect's package builds its own on.

Each property says whether the tests that need it run: ``exclusions.open()`` or ``closed()``, or a condition. The
names are those of ``alembic.testing``; a package mixes this class with SQLAlchemy's `SuiteRequirements`, and overrides
what is otherwise on its database.
"""

from __future__ import annotations

import sys
from typing import Any

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import Requirements

from limbeck import sqla


def _open(about: str) -> property:
    return property(lambda self: exclusions.open(), doc=about)


def _closed(about: str) -> property:
    return property(lambda self: exclusions.closed(), doc=about)


def _by_inspector(method: str, about: str) -> property:
    """On where the dialect implements the Inspector's method."""

    def implements(config: Any) -> bool:
        from sqlalchemy.engine.default import DefaultDialect

        return getattr(type(config.db.dialect), method, None) is not getattr(DefaultDialect, method, None)

    return property(lambda self: exclusions.only_if(implements, f"the dialect has no {method}()"), doc=about)


class SuiteRequirements(Requirements):
    """The requirements of `limbeck.testing.suite`, as they are on a database of which nothing is known."""

    alter_column = _open("a column can be altered in place: batches that rebuild tables are not needed")
    asyncio = _open("asyncio and greenlet are there")
    autocommit_isolation = _closed("the driver has the isolation level AUTOCOMMIT")
    autoincrement_on_composite_pk = _closed("one column of a composite primary key may count by itself")
    check_constraint_reflection = _open("check constraints can be reflected")
    check_constraints_w_enforcement = _open("check constraints are enforced")
    computed_columns = _closed("GENERATED ALWAYS AS")
    fk_deferrable = _closed("foreign keys may be DEFERRABLE")
    fk_deferrable_is_reflected = _closed("and the catalogue says it")
    fk_initially = _closed("foreign keys may be INITIALLY DEFERRED")
    fk_names = _open("foreign keys have names")
    fk_ondelete_is_reflected = _closed("the catalogue says ON DELETE")
    fk_ondelete_noaction = _open("ON DELETE NO ACTION")
    fk_ondelete_restrict = _open("ON DELETE RESTRICT")
    fk_onupdate = _open("ON UPDATE")
    fk_onupdate_is_reflected = _closed("the catalogue says ON UPDATE")
    fk_onupdate_restrict = _open("ON UPDATE RESTRICT")
    foreign_key_constraint_reflection = _open("foreign keys can be reflected")
    foreign_key_match = _open("foreign keys may say MATCH")
    foreign_key_name_reflection = _open("the catalogue says the names of foreign keys")
    identity_columns = _closed("GENERATED AS IDENTITY")
    identity_columns_alter = _closed("and identities can be altered")
    integer_subtype_comparisons = _open("INTEGER and BIGINT are two types")
    materialized_views = _closed("materialized views")
    reflects_fk_options = _closed("the catalogue says ON DELETE, ON UPDATE and deferral of foreign keys")
    reflects_pk_names = _closed("the catalogue says the names of primary keys")
    schemas = _open("schemas beside the default one; ``test_schema`` is there")
    unique_constraint_reflection = _by_inspector("get_unique_constraints", "unique constraints can be reflected")

    @property
    def comments(self) -> Any:
        """Tables and columns have comments."""
        return exclusions.only_if(lambda config: config.db.dialect.supports_comments, "no comments")

    @property
    def computed_columns_warn_no_persisted(self) -> Any:
        """PostgreSQL warns of a computed column that is not stored."""
        return self.computed_columns + exclusions.only_if("postgresql < 18")

    @property
    def no_name_normalize(self) -> Any:
        """Names are case insensitive in lower case."""
        return exclusions.only_if(lambda config: not config.db.dialect.requires_name_normalize, "upper case names")

    @property
    def sequences(self) -> Any:
        """Sequences."""
        return exclusions.only_if(lambda config: config.db.dialect.supports_sequences, "no sequences")

    @property
    def sqlalchemy_2_1(self) -> Any:
        """SQLAlchemy 2.1 or later."""
        return exclusions.only_if(lambda config: sqla.SQLA_2_1, "SQLAlchemy 2.0")

    @property
    def sqlalchemy_copies_fk_ck_dialect_kwargs(self) -> Any:
        """Copies of foreign keys and checks keep the keywords of dialects."""
        return exclusions.only_if(lambda config: sqla.VERSION >= (2, 0, 44), "an earlier SQLAlchemy")

    @property
    def windows(self) -> Any:
        """Windows."""
        return exclusions.only_if(lambda config: sys.platform == "win32", "another system")
