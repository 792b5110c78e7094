"""What our databases can do, in the words of the conformance test."""

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements as OfSQLAlchemy

from limbeck.testing.requirements import SuiteRequirements

ONLY_POSTGRESQL = exclusions.only_on("postgresql")
NOT_SQLITE = exclusions.skip_if("sqlite", "SQLite alters by a batch")


class Requirements(SuiteRequirements, OfSQLAlchemy):
    alter_column = NOT_SQLITE
    autocommit_isolation = exclusions.skip_if("sqlite", "its driver has no such isolation level")
    autoincrement_on_composite_pk = NOT_SQLITE
    check_constraint_reflection = exclusions.open()
    computed_columns = exclusions.open()
    fk_deferrable = exclusions.skip_if(["mysql", "mariadb"], "InnoDB defers nothing")
    fk_deferrable_is_reflected = fk_deferrable
    fk_initially = ONLY_POSTGRESQL  # SQLite wants DEFERRABLE beside it
    fk_ondelete_is_reflected = exclusions.open()
    fk_onupdate_is_reflected = exclusions.open()
    identity_columns = ONLY_POSTGRESQL
    identity_columns_alter = ONLY_POSTGRESQL
    integer_subtype_comparisons = exclusions.open()
    reflects_fk_options = exclusions.open()
    reflects_pk_names = exclusions.open()
