"""``op.rename_index(old, new)``: reversible, in a batch too, in MySQL's own syntax, rendered by its call form."""

from __future__ import annotations

from . import Change, Example, after, before

EXAMPLE = Example(
    adds="an operation",
    files={
        "operations/indexes.py": (
            Change("import DropOp, TakesOptions,", "import DropOp, MigrateOperation, TakesOptions,"),
            before(
                "def _is_plain(",
                '''@operation("rename_index", in_batch=True)
class RenameIndexOp(MigrateOperation):
    """Rename an index.

    :param index_name: its name.
    :param new_index_name: its new name.
    :param table_name: its table, which MySQL and MariaDB need.
    :param schema: the table's schema.
    """

    index_name: str
    new_index_name: str
    _: KW_ONLY
    table_name: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        expect_name(self.call, "index_name", self.index_name)
        expect_name(self.call, "new_index_name", self.new_index_name)

    def reverse(self) -> RenameIndexOp:
        """The old name."""
        return RenameIndexOp(self.new_index_name, self.index_name, table_name=self.table_name, schema=self.schema)

    def to_diff_tuple(self) -> tuple[str, str | None, str, str]:
        """``("modify_index_name", schema, old, new)``."""
        return ("modify_index_name", self.schema, self.index_name, self.new_index_name)


''',
            ),
            before(
                "\n\nclass BatchIndexOperations(BatchBase):",
                '''
    def rename_index(
        self, index_name: str, new_index_name: str, *, table_name: str | None = None, schema: str | None = None
    ) -> None:
        """Rename an index.

        :param index_name: its name.
        :param new_index_name: its new one.
        :param table_name: its table, which MySQL and MariaDB need.
        :param schema: the table's schema; default: the connection's own.
        """
        self.invoke(RenameIndexOp(index_name, new_index_name, table_name=table_name, schema=schema))
''',
            ),
            before(
                "\n\n@implementations.dispatch_for(CreateIndexOp)",
                '''
    def rename_index(self, index_name: str, new_index_name: str) -> None:
        """Rename an index of the table of this block; parameters as for `op.rename_index`."""
        self.invoke(RenameIndexOp(index_name, new_index_name, table_name=self._table_name, schema=self._schema))
''',
            ),
            before(
                "@implementations.dispatch_for(DropIndexOp)",
                '''@implementations.dispatch_for(RenameIndexOp)
def rename_index(operations: AbstractOperations, operation: RenameIndexOp) -> None:
    """Rename the index."""
    element = RenameIndex(operation.index_name, operation.new_index_name, operation.table_name, operation.schema)
    operations.impl.execute(element)


''',
            ),
            before(
                "from .abstract import AbstractOperations, BatchBase\n",
                "from limbeck.ddl.base import RenameIndex\n\n",
            ),
        ),
        "operations/ops.py": (
            after("from .indexes import CreateIndexOp, DropIndexOp", ", RenameIndexOp"),
            before('    "RenameTableOp",\n', '    "RenameIndexOp",\n'),
        ),
        "op.py": (before("    rename_table = _op.rename_table\n", "    rename_index = _op.rename_index\n"),),
        "ddl/base.py": (
            before(
                "class AlterColumn(AlterTable):",
                '''class RenameIndex(ExecutableDDLElement):
    """``ALTER INDEX index_name RENAME TO new_index_name``; some databases need the table."""

    inherit_cache = False

    def __init__(self, index_name: str, new_index_name: str, table_name: str | None, schema: str | None) -> None:
        self.index_name, self.new_index_name = index_name, new_index_name
        self.table_name, self.schema = table_name, schema


''',
            ),
            before(
                "@compiles(AddColumn)\n",
                '''@compiles(RenameIndex)
def visit_rename_index(element: RenameIndex, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    old = format_table_name(compiler, element.index_name, element.schema)
    return f"ALTER INDEX {old} RENAME TO {format_column_name(compiler, element.new_index_name)}"


''',
            ),
        ),
        "dialects/mysql/elements.py": (
            before("    RenameTable,\n", "    RenameIndex,\n"),
            before(
                '@compiles(RenameTable, "mysql", "mariadb")',
                '''@compiles(RenameIndex, "mysql", "mariadb")
def visit_rename_index(element: RenameIndex, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL: an index is the table's."""
    table = alter_table(compiler, element.table_name, element.schema)
    old, new = (format_column_name(compiler, name) for name in (element.index_name, element.new_index_name))
    return f"{table} RENAME INDEX {old} TO {new}"


''',
            ),
        ),
    },
    program="""
import sys
from limbeck import op
from limbeck.autogenerate import render_python_code
from limbeck.operations import Operations
from limbeck.operations.ops import RenameIndexOp, UpgradeOps
from limbeck.runtime.migration import MigrationContext


def script(dialect):
    return MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True, "output_buffer": sys.stdout})


for dialect in ("postgresql", "mysql"):
    with Operations.context(script(dialect)):
        op.rename_index("ix_a", "ix_b", table_name="order", schema="shop")
        with op.batch_alter_table("order") as batch_op:
            batch_op.rename_index("ix_b", "ix_a")

operation = RenameIndexOp("ix_a", "ix_b", table_name="order")
print(operation.reverse(), operation.to_diff_tuple())
assert operation.reverse().reverse().to_call() == operation.to_call()
print(render_python_code(UpgradeOps([operation])))
""",
    prints="""\
ALTER INDEX shop.ix_a RENAME TO ix_b;

ALTER INDEX ix_b RENAME TO ix_a;

ALTER TABLE shop.`order` RENAME INDEX ix_a TO ix_b;

ALTER TABLE `order` RENAME INDEX ix_b TO ix_a;

RenameIndexOp: rename_index('ix_b', 'ix_a', table_name='order') ('modify_index_name', None, 'ix_a', 'ix_b')
# ### commands auto generated by Alembic - please adjust! ###
    op.rename_index('ix_a', 'ix_b', table_name='order')
    # ### end Alembic commands ###
""",
)
