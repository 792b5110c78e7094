"""All operation objects, under the import path that Alembic has for them."""

from .any_objects import CreateObjectOp, DropObjectOp, ReplaceObjectOp
from .call import Call
from .checks import CreateCheckConstraintOp, CreateExcludeConstraintOp
from .columns import AddColumnOp, AlterColumnOp, DropColumnOp
from .comments import CreateTableCommentOp, DropTableCommentOp
from .constraints import (
    AddConstraintOp,
    CreatePrimaryKeyOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
)
from .containers import DowngradeOps, MigrationScript, ModifyTableOps, OpContainer, UpgradeOps
from .data import BulkInsertOp, ExecuteSQLOp
from .domains import AlterDomainOp, CreateDomainOp, DropDomainOp, ReplaceDomainOp
from .enums import AddEnumValueOp, CreateEnumOp, DropEnumOp, RenameEnumValueOp, ReplaceEnumValuesOp
from .foreign_keys import CreateForeignKeyOp
from .indexes import CreateIndexOp, DropIndexOp
from .operation import AlterTableOp, MigrateOperation
from .partitions import AttachPartitionOp, CreatePartitionOp, DetachPartitionOp, DropPartitionOp
from .routines import (
    CreateFunctionOp,
    CreateProcedureOp,
    DropFunctionOp,
    DropProcedureOp,
    ReplaceFunctionOp,
    ReplaceProcedureOp,
)
from .sequences import AlterSequenceOp, CreateSequenceOp, DropSequenceOp
from .table_options import AlterTableOptionsOp
from .tables import CreateTableOp, DropTableOp, RenameTableOp
from .triggers import CreateTriggerOp, DropTriggerOp, ReplaceTriggerOp
from .views import CreateViewOp, DropViewOp, ReplaceViewOp

__all__ = [
    "AddColumnOp",
    "AddConstraintOp",
    "AddEnumValueOp",
    "AlterColumnOp",
    "AlterDomainOp",
    "AlterSequenceOp",
    "AlterTableOp",
    "AlterTableOptionsOp",
    "AttachPartitionOp",
    "BulkInsertOp",
    "Call",
    "CreateCheckConstraintOp",
    "CreateDomainOp",
    "CreateEnumOp",
    "CreateExcludeConstraintOp",
    "CreateForeignKeyOp",
    "CreateFunctionOp",
    "CreateIndexOp",
    "CreateObjectOp",
    "CreatePartitionOp",
    "CreatePrimaryKeyOp",
    "CreateProcedureOp",
    "CreateSequenceOp",
    "CreateTableCommentOp",
    "CreateTableOp",
    "CreateTriggerOp",
    "CreateUniqueConstraintOp",
    "CreateViewOp",
    "DetachPartitionOp",
    "DowngradeOps",
    "DropColumnOp",
    "DropConstraintOp",
    "DropDomainOp",
    "DropEnumOp",
    "DropFunctionOp",
    "DropIndexOp",
    "DropObjectOp",
    "DropPartitionOp",
    "DropProcedureOp",
    "DropSequenceOp",
    "DropTableCommentOp",
    "DropTableOp",
    "DropTriggerOp",
    "DropViewOp",
    "ExecuteSQLOp",
    "MigrateOperation",
    "MigrationScript",
    "ModifyTableOps",
    "OpContainer",
    "RenameEnumValueOp",
    "RenameTableOp",
    "ReplaceDomainOp",
    "ReplaceEnumValuesOp",
    "ReplaceFunctionOp",
    "ReplaceObjectOp",
    "ReplaceProcedureOp",
    "ReplaceTriggerOp",
    "ReplaceViewOp",
    "UpgradeOps",
]
