# ruff: noqa: ISC004, S106 - long calls in a table; a token is a name in a template
"""Every operation knows its inverse, its diff tuple and its call form."""

from io import StringIO
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import CreateIndex

from limbeck import sqla
from limbeck.errors import CommandError
from limbeck.operations import Operations, ops
from limbeck.runtime.migration import MigrationContext

COLUMN = sa.Column("c", sa.Integer())
ALTER = ops.AlterColumnOp(
    "t",
    "c",
    schema="s",
    existing_type=sa.Integer(),
    existing_nullable=True,
    existing_server_default="4",
    modify_nullable=False,
    modify_server_default="5",
    modify_name="d",
    modify_autoincrement=True,
    existing_autoincrement=False,
)

# operation, its call, its call in a batch, the call of its reverse
CALLS = [
    (
        ops.AddColumnOp("t", COLUMN, schema="s", if_not_exists=True),
        "add_column('t', Column('c', Integer(), table=None), schema='s', if_not_exists=True)",
        "add_column(Column('c', Integer(), table=None), if_not_exists=True)",
        "drop_column('t', 'c', schema='s', if_exists=True)",
    ),
    (
        ops.DropColumnOp.from_column_and_tablename("s", "t", COLUMN),
        "drop_column('t', 'c', schema='s')",
        "drop_column('c')",
        "add_column('t', Column('c', Integer(), table=None), schema='s')",
    ),
    (
        ALTER,
        "alter_column('t', 'c', existing_type=Integer(), server_default='5', new_column_name='d', nullable=False, "
        "autoincrement=True, existing_autoincrement=False, schema='s')",
        "alter_column('c', existing_type=Integer(), server_default='5', new_column_name='d', nullable=False, "
        "autoincrement=True, existing_autoincrement=False)",
        "alter_column('t', 'd', existing_type=Integer(), server_default='4', new_column_name='c', nullable=True, "
        "autoincrement=False, existing_autoincrement=True, schema='s')",
    ),
    (
        ops.AlterColumnOp("t", "c", existing_comment="old", modify_comment=None, existing_nullable=False),
        "alter_column('t', 'c', comment=None, existing_comment='old', existing_nullable=False)",
        "alter_column('c', comment=None, existing_comment='old', existing_nullable=False)",
        "alter_column('t', 'c', comment='old', existing_nullable=False)",
    ),
    (
        ops.CreateIndexOp("ix", "t", ["a", "b"], schema="s", unique=True, if_not_exists=True, postgresql_using="gin"),
        "create_index('ix', 't', ['a', 'b'], unique=True, schema='s', postgresql_using='gin', if_not_exists=True)",
        "create_index('ix', ['a', 'b'], unique=True, postgresql_using='gin', if_not_exists=True)",
        "drop_index('ix', table_name='t', schema='s', postgresql_using='gin', if_exists=True)",
    ),
    (
        ops.CreatePrimaryKeyOp("pk", "t", ["a"], schema="s"),
        "create_primary_key('pk', 't', ['a'], schema='s')",
        "create_primary_key('pk', ['a'])",
        "drop_constraint('pk', 't', schema='s', type_='primary')",
    ),
    (
        ops.CreateUniqueConstraintOp("uq", "t", ["a"], deferrable=True),
        "create_unique_constraint('uq', 't', ['a'], deferrable=True)",
        "create_unique_constraint('uq', ['a'], deferrable=True)",
        "drop_constraint('uq', 't', type_='unique')",
    ),
    (
        ops.CreateForeignKeyOp("fk", "t", "r", ["a"], ["id"], ondelete="CASCADE", source_schema="s"),
        "create_foreign_key('fk', 't', 'r', ['a'], ['id'], source_schema='s', ondelete='CASCADE')",
        "create_foreign_key('fk', 'r', ['a'], ['id'], ondelete='CASCADE')",
        "drop_constraint('fk', 't', schema='s', type_='foreignkey')",
    ),
    (
        ops.CreateCheckConstraintOp("ck", "t", "a > 1", initially="DEFERRED"),
        "create_check_constraint('ck', 't', 'a > 1', initially='DEFERRED')",
        "create_check_constraint('ck', 'a > 1', initially='DEFERRED')",
        "drop_constraint('ck', 't', type_='check')",
    ),
    (
        ops.CreateExcludeConstraintOp("ex", "t", [("period", "&&")], using="gist"),
        "create_exclude_constraint('ex', 't', ('period', '&&'), using='gist')",
        "create_exclude_constraint('ex', ('period', '&&'), using='gist')",
        "drop_constraint('ex', 't')",
    ),
    (
        ops.CreateTableCommentOp("t", "new", existing_comment="old"),
        "create_table_comment('t', 'new', existing_comment='old', schema=None)",
        "create_table_comment('new', existing_comment='old')",
        "create_table_comment('t', 'old', existing_comment='new', schema=None)",
    ),
    (
        ops.CreateTableCommentOp("t", "new"),
        "create_table_comment('t', 'new', existing_comment=None, schema=None)",
        "create_table_comment('new', existing_comment=None)",
        "drop_table_comment('t', existing_comment='new', schema=None)",
    ),
    (
        ops.DropTableCommentOp("t", existing_comment="old"),
        "drop_table_comment('t', existing_comment='old', schema=None)",
        "drop_table_comment(existing_comment='old')",
        "create_table_comment('t', 'old', existing_comment=None, schema=None)",
    ),
    (
        ops.RenameTableOp("a", "b", schema="s"),
        "rename_table('a', 'b', schema='s')",
        None,
        "rename_table('b', 'a', schema='s')",
    ),
    (
        ops.CreateEnumOp("mood", ["sad", "ok"]),
        "create_enum('mood', ['sad', 'ok'])",
        None,
        "drop_enum('mood', values=['sad', 'ok'])",
    ),
    (ops.DropEnumOp("mood", values=["sad"]), "drop_enum('mood', values=['sad'])", None, "create_enum('mood', ['sad'])"),
    (
        ops.AddEnumValueOp("mood", "ok", before="glad", values=["sad", "glad"]),
        "add_enum_value('mood', 'ok', before='glad', values=['sad', 'glad'])",
        None,
        "replace_enum_values('mood', ['sad', 'glad'], existing_values=['sad', 'ok', 'glad'])",
    ),
    (
        ops.RenameEnumValueOp("mood", "ok", "fine", schema="s"),
        "rename_enum_value('mood', 'ok', 'fine', schema='s')",
        None,
        "rename_enum_value('mood', 'fine', 'ok', schema='s')",
    ),
    (
        ops.CreateDomainOp("d", sa.Integer(), schema="s", default="1", checks={"c": "VALUE > 0"}),
        "create_domain('d', Integer(), schema='s', default='1', checks={'c': 'VALUE > 0'})",
        None,
        "drop_domain('d', schema='s', type_=Integer(), default='1', checks={'c': 'VALUE > 0'})",
    ),
    (
        ops.CreateViewOp("v", "SELECT 1 AS a", schema="s", comment="c"),
        "create_view('v', 'SELECT 1 AS a', schema='s', comment='c')",
        None,
        "drop_view('v', 'SELECT 1 AS a', schema='s', comment='c')",
    ),
    (
        ops.DropViewOp("v", "SELECT 1 AS a", materialized=True, indexes=["CREATE INDEX ix ON v (a)"]),
        "drop_view('v', 'SELECT 1 AS a', materialized=True, indexes=['CREATE INDEX ix ON v (a)'])",
        None,
        "create_view('v', 'SELECT 1 AS a', materialized=True, indexes=['CREATE INDEX ix ON v (a)'])",
    ),
    (
        ops.ReplaceViewOp("v", "SELECT 2", comment="new", existing={"definition": "SELECT 1"}),
        "replace_view('v', 'SELECT 2', comment='new', existing={'definition': 'SELECT 1'})",
        None,
        "replace_view('v', 'SELECT 1', existing={'definition': 'SELECT 2', 'comment': 'new'})",
    ),
    (
        ops.CreateFunctionOp("f", "CREATE FUNCTION f", schema="s", arguments="integer"),
        "create_function('f', 'CREATE FUNCTION f', schema='s', arguments='integer')",
        None,
        "drop_function('f', 'CREATE FUNCTION f', schema='s', arguments='integer')",
    ),
    (
        ops.DropFunctionOp("f", "CREATE FUNCTION f", comment="c"),
        "drop_function('f', 'CREATE FUNCTION f', comment='c')",
        None,
        "create_function('f', 'CREATE FUNCTION f', comment='c')",
    ),
    (
        ops.ReplaceFunctionOp("f", "CREATE new", arguments="", existing={"definition": "CREATE old"}),
        "replace_function('f', 'CREATE new', arguments='', existing={'definition': 'CREATE old'})",
        None,
        "replace_function('f', 'CREATE old', arguments='', existing={'definition': 'CREATE new'})",
    ),
    (
        ops.CreateProcedureOp("p", "CREATE PROCEDURE p"),
        "create_procedure('p', 'CREATE PROCEDURE p')",
        None,
        "drop_procedure('p', 'CREATE PROCEDURE p')",
    ),
    (
        ops.DropProcedureOp("p", "CREATE PROCEDURE p", schema="s"),
        "drop_procedure('p', 'CREATE PROCEDURE p', schema='s')",
        None,
        "create_procedure('p', 'CREATE PROCEDURE p', schema='s')",
    ),
    (
        ops.ReplaceProcedureOp("p", "CREATE new", existing={"definition": "CREATE old", "comment": "c"}),
        "replace_procedure('p', 'CREATE new', existing={'definition': 'CREATE old', 'comment': 'c'})",
        None,
        "replace_procedure('p', 'CREATE old', comment='c', existing={'definition': 'CREATE new'})",
    ),
    (
        ops.CreateTriggerOp("g", "CREATE TRIGGER g", table_name="t"),
        "create_trigger('g', 'CREATE TRIGGER g', table_name='t')",
        None,
        "drop_trigger('g', 'CREATE TRIGGER g', table_name='t')",
    ),
    (
        ops.DropTriggerOp("g", "CREATE TRIGGER g", table_name="t", schema="s"),
        "drop_trigger('g', 'CREATE TRIGGER g', table_name='t', schema='s')",
        None,
        "create_trigger('g', 'CREATE TRIGGER g', table_name='t', schema='s')",
    ),
    (
        ops.ReplaceTriggerOp("g", "CREATE new", table_name="t", existing={"definition": "CREATE old"}),
        "replace_trigger('g', 'CREATE new', table_name='t', existing={'definition': 'CREATE old'})",
        None,
        "replace_trigger('g', 'CREATE old', table_name='t', existing={'definition': 'CREATE new'})",
    ),
    (
        ops.CreatePartitionOp("p", "DEFAULT", table_name="t"),
        "create_partition('p', 'DEFAULT', table_name='t')",
        None,
        "drop_partition('p', 'DEFAULT', table_name='t')",
    ),
    (
        ops.DropPartitionOp("p", "DEFAULT", table_name="t", schema="s"),
        "drop_partition('p', 'DEFAULT', table_name='t', schema='s')",
        None,
        "create_partition('p', 'DEFAULT', table_name='t', schema='s')",
    ),
    (
        ops.AttachPartitionOp("p", "DEFAULT", table_name="t"),
        "attach_partition('p', 'DEFAULT', table_name='t')",
        None,
        "detach_partition('p', 'DEFAULT', table_name='t')",
    ),
    (
        ops.DetachPartitionOp("p", "DEFAULT", table_name="t", schema="s"),
        "detach_partition('p', 'DEFAULT', table_name='t', schema='s')",
        None,
        "attach_partition('p', 'DEFAULT', table_name='t', schema='s')",
    ),
    (
        ops.CreateObjectOp("p", "CREATE POLICY p", of_kind="policy", table_name="t"),
        "create_object('policy', 'p', 'CREATE POLICY p', table_name='t')",
        None,
        "drop_object('policy', 'p', 'CREATE POLICY p', table_name='t')",
    ),
    (
        ops.DropObjectOp("a", "CREATE AGGREGATE a", of_kind="aggregate", arguments="integer"),
        "drop_object('aggregate', 'a', 'CREATE AGGREGATE a', arguments='integer')",
        None,
        "create_object('aggregate', 'a', 'CREATE AGGREGATE a', arguments='integer')",
    ),
    (
        ops.ReplaceObjectOp("r", "CREATE new", of_kind="rule", table_name="t", existing={"definition": "CREATE old"}),
        "replace_object('rule', 'r', 'CREATE new', table_name='t', existing={'definition': 'CREATE old'})",
        None,
        "replace_object('rule', 'r', 'CREATE old', table_name='t', existing={'definition': 'CREATE new'})",
    ),
    (
        ops.DropDomainOp("d", "text", not_null=True),
        "drop_domain('d', type_='text', not_null=True)",
        None,
        "create_domain('d', 'text', not_null=True)",
    ),
    (
        ops.AlterDomainOp(
            "d", default=None, checks={"c": "VALUE > 1"}, existing={"default": "x", "checks": {"c": None}}
        ),
        "alter_domain('d', default=None, checks={'c': 'VALUE > 1'}, existing={'default': 'x', 'checks': {'c': None}})",
        None,
        "alter_domain('d', default='x', checks={'c': None}, existing={'default': None, 'checks': {'c': 'VALUE > 1'}})",
    ),
    (
        ops.ReplaceDomainOp("d", "text", not_null=True, existing={"type_": "integer"}),
        "replace_domain('d', 'text', not_null=True, existing={'type_': 'integer'})",
        None,
        "replace_domain('d', 'integer', existing={'type_': 'text', 'not_null': True})",
    ),
    (
        ops.ReplaceEnumValuesOp("mood", ["sad", "fine"], mapping={"ok": "fine"}, existing_values=["sad", "ok"]),
        "replace_enum_values('mood', ['sad', 'fine'], mapping={'ok': 'fine'}, existing_values=['sad', 'ok'])",
        None,
        "replace_enum_values('mood', ['sad', 'ok'], mapping={'fine': 'ok'}, existing_values=['sad', 'fine'])",
    ),
    (
        ops.CreateSequenceOp("s", schema="x", owned_by=("t", "c"), start=5, cycle=True),
        "create_sequence('s', schema='x', owned_by=('t', 'c'), start=5, cycle=True)",
        None,
        "drop_sequence('s', schema='x', owned_by=('t', 'c'), start=5, cycle=True)",
    ),
    (
        ops.DropSequenceOp("s", increment=2),
        "drop_sequence('s', increment=2)",
        None,
        "create_sequence('s', increment=2)",
    ),
    (
        ops.AlterSequenceOp("s", existing={"increment": 2}, increment=3),
        "alter_sequence('s', existing={'increment': 2}, increment=3)",
        None,
        "alter_sequence('s', existing={'increment': 3}, increment=2)",
    ),
    (
        ops.AlterTableOptionsOp("t", {"mysql_engine": "InnoDB"}, schema="s", existing={"mysql_engine": "MyISAM"}),
        "alter_table_options('t', {'mysql_engine': 'InnoDB'}, existing={'mysql_engine': 'MyISAM'}, schema='s')",
        "alter_table_options({'mysql_engine': 'InnoDB'}, existing={'mysql_engine': 'MyISAM'})",
        "alter_table_options('t', {'mysql_engine': 'MyISAM'}, existing={'mysql_engine': 'InnoDB'}, schema='s')",
    ),
]


# their reverse's reverse has other words
LOSSY = (
    ops.AlterColumnOp,
    ops.CreateTableCommentOp,
    ops.DropTableCommentOp,
    ops.AddEnumValueOp,
    ops.CreateCheckConstraintOp,
    ops.CreateExcludeConstraintOp,
)


@pytest.mark.parametrize(("operation", "call", "in_batch", "back"), CALLS, ids=[call for _, call, *_ in CALLS])
def test_call_forms(operation, call, in_batch, back):
    assert str(operation.to_call()) == call
    if in_batch is not None:
        assert str(operation.to_call(batch=True)) == in_batch
    assert str(operation.reverse().to_call()) == back


@pytest.mark.parametrize(
    "operation",
    [each for each, *_ in CALLS if not isinstance(each, LOSSY)],
    ids=repr,
)
def test_the_reverse_of_the_reverse_is_the_operation(operation):
    assert str(operation.reverse().reverse().to_call()) == str(operation.to_call())


def test_calls_without_a_reverse():
    rows = ops.BulkInsertOp(sa.table("t"), [{"a": 1}], multiinsert=False)
    assert str(rows.to_call()) == f"bulk_insert({rows.table!r}, [{{'a': 1}}], multiinsert=False)"
    assert str(ops.ExecuteSQLOp("SELECT :x", params={"x": 1}).to_call()) == "execute('SELECT :x', params={'x': 1})"
    for operation in (rows, ops.ExecuteSQLOp("SELECT 1")):
        with pytest.raises(NotImplementedError, match="has no reverse operation"):
            operation.reverse()


def metadata() -> sa.MetaData:
    found = sa.MetaData()
    sa.Table("r", found, sa.Column("id", sa.Integer(), primary_key=True))
    sa.Table(
        "t",
        found,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("a", sa.Integer(), sa.CheckConstraint("a > 0", name="a_positive"), unique=True, index=True),
        sa.Column("b", sa.Boolean(create_constraint=True, name="b_bool")),
        sa.Column("r_id", sa.ForeignKey("r.id", ondelete="CASCADE")),
        sa.UniqueConstraint("a", "b", name="uq"),
        schema=None,
        comment="tc",
        info={"key": "value"},
        prefixes=["UNLOGGED"],
        mysql_engine="InnoDB",
    )
    return found


def facts(table: sa.Table) -> dict[str, object]:
    return {
        "columns": [repr(column.type) for column in table.c],
        "constraints": sorted(
            f"{type(each).__name__} {each.name} {sorted(c.name for c in each.columns)}" for each in table.constraints
        ),
        "checks of columns": [sorted(str(check.name) for check in column.constraints) for column in table.c],
        "foreign keys": sorted((key.target_fullname, key.ondelete) for key in table.foreign_keys),
        "rest": (table.name, table.comment, table.info, sqla.table_prefixes(table), dict(table.dialect_kwargs)),
    }


def test_a_table_goes_through_create_and_drop_and_comes_out_the_same():
    table = metadata().tables["t"]
    created = ops.CreateTableOp.from_table(table)
    dropped = created.reverse()
    assert isinstance(dropped, ops.DropTableOp)
    for made in (created.to_table(), dropped.to_table(), dropped.reverse().to_table()):
        assert facts(made) == facts(table)
        assert not made.indexes  # operations of their own


def test_create_table_keeps_what_it_is_given():
    operation = ops.CreateTableOp(
        "t", [COLUMN], schema="s", comment="c", info={"a": 1}, prefixes=["x"], mysql_engine="I"
    )
    assert (operation.comment, operation.info, operation.prefixes, operation.kw) == (
        "c",
        {"a": 1},
        ["x"],
        {"mysql_engine": "I"},
    )
    assert str(operation.to_call()) == (
        "create_table('t', Column('c', Integer(), table=None), schema='s', comment='c', info={'a': 1}, "
        "mysql_engine='I', prefixes=['x'])"
    )


def test_an_index_with_expressions_goes_through_create_and_drop():
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.String()), sa.Column("b", sa.Integer()))
    index = sa.Index("ix", sa.func.lower(table.c.a), table.c.b.desc(), unique=True, postgresql_where=table.c.b > 1)
    dialect = sa.create_engine("postgresql+psycopg://").dialect
    for made in (
        ops.CreateIndexOp.from_index(index).to_index(),
        ops.DropIndexOp.from_index(index).to_index(),
        ops.DropIndexOp.from_index(index).reverse().to_index(),
    ):
        sql = str(sa.schema.CreateIndex(made).compile(dialect=dialect))
        assert sql == "CREATE UNIQUE INDEX ix ON t (lower(a), b DESC) WHERE b > 1"
    assert table.indexes == {index}  # the models' own table is left alone


def test_diff_tuples():
    tables = metadata().tables
    table = tables["t"]
    name, made = ops.CreateTableOp.from_table(table).to_diff_tuple()
    assert (name, facts(made)) == ("add_table", facts(table))
    assert ops.DropTableOp.from_table(table).to_diff_tuple()[0] == "remove_table"
    assert ops.AddColumnOp("t", COLUMN, schema="s").to_diff_tuple() == ("add_column", "s", "t", COLUMN)
    assert ops.DropColumnOp.from_column_and_tablename("s", "t", COLUMN).to_diff_tuple() == (
        "remove_column",
        "s",
        "t",
        COLUMN,
    )
    words = {
        type(each).__name__: (
            ops.AddConstraintOp.from_constraint(each).to_diff_tuple()[0],
            ops.DropConstraintOp.from_constraint(each).to_diff_tuple()[0],
        )
        for each in table.constraints
    }
    assert words == {
        "PrimaryKeyConstraint": ("add_constraint", "remove_constraint"),
        "UniqueConstraint": ("add_constraint", "remove_constraint"),
        "CheckConstraint": ("add_constraint", "remove_constraint"),
        "ForeignKeyConstraint": ("add_fk", "remove_fk"),
    }
    index = next(iter(table.indexes))
    assert ops.CreateIndexOp.from_index(index).to_diff_tuple()[0] == "add_index"
    assert ops.DropIndexOp.from_index(index).to_diff_tuple()[0] == "remove_index"
    assert ops.ExecuteSQLOp("select 1").to_diff_tuple() == ("execute", "select 1")
    word, commented, existing = ops.CreateTableCommentOp("t", "new", existing_comment="old").to_diff_tuple()
    assert (word, commented.name, commented.comment, existing) == ("add_table_comment", "t", "new", "old")
    assert ops.DropTableCommentOp("t").to_diff_tuple()[0] == "remove_table_comment"


def test_the_diff_of_a_column_is_a_list_with_one_tuple_a_change():
    existing = {
        "existing_nullable": True,
        "existing_type": ALTER.existing_type,
        "existing_server_default": "4",
        "existing_comment": None,
    }

    def without(name):
        return {key: value for key, value in existing.items() if key != name}

    assert ALTER.to_diff_tuple() == [
        ("modify_nullable", "s", "t", "c", without("existing_nullable"), True, False),
        ("modify_default", "s", "t", "c", without("existing_server_default"), "4", "5"),
        ("modify_name", "s", "t", "c", {}, "c", "d"),
    ]
    assert ALTER.has_changes()
    assert not ops.AlterColumnOp("t", "c", existing_nullable=True).has_changes()


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (ops.DropColumnOp("t", "c"), "operation is not reversible; original column is not present"),
        (ops.DropConstraintOp("n", "t", "unique"), "constraint cannot be produced; original constraint is not present"),
        (ops.DropTableOp("t"), "operation is not reversible; original table is not present"),
        (ops.DropIndexOp("ix", "t"), "operation is not reversible; original index is not present"),
        (ops.DropEnumOp("e"), "operation is not reversible; the values of the enum are not present"),
        (ops.DropDomainOp("d"), "operation is not reversible; the base type of the domain is not present"),
        (ops.DropViewOp("v"), "operation is not reversible; the definition of view v is not present"),
        (
            ops.DropTriggerOp("g", table_name="t"),
            "operation is not reversible; the definition of trigger g of t is not present",
        ),
        (ops.ReplaceFunctionOp("f", "CREATE"), "operation is not reversible; the existing definition is not present"),
        (ops.AlterDomainOp("d", not_null=True), "operation is not reversible; the existing options are not present"),
        (ops.ReplaceDomainOp("d", "text"), "operation is not reversible; the existing definition is not present"),
        (ops.AddEnumValueOp("e", "v"), "operation is not reversible; the values before the addition are not present"),
        (ops.ReplaceEnumValuesOp("e", ["v"]), "operation is not reversible; the existing values are not present"),
    ],
)
def test_a_drop_of_something_unknown_has_no_reverse(operation, text):
    with pytest.raises(ValueError, match=text):
        operation.reverse()


def test_constraints_become_the_operations_that_create_them():
    """Also a foreign key whose target nobody has loaded, and PostgreSQL's exclusion constraint."""
    table = sa.Table(
        "t", sa.MetaData(), sa.Column("a", sa.ForeignKey("x.r.id", name="fk", onupdate="CASCADE")), schema="s"
    )
    (key,) = (each for each in table.constraints if each.name == "fk")
    assert str(ops.AddConstraintOp.from_constraint(key).to_call()) == (
        "create_foreign_key('fk', 't', 'r', ['a'], ['id'], source_schema='s', referent_schema='x', onupdate='CASCADE')"
    )
    exclude = ExcludeConstraint((table.c.a, "="), name="ex", using="gist")
    table.append_constraint(exclude)
    operation = ops.AddConstraintOp.from_constraint(exclude)
    assert operation.to_constraint() is exclude
    assert operation.constraint_type == "exclude"
    assert operation.reverse().constraint_type is None


def test_containers():
    """An upgrade of two changes on one table and an execute; its reverse has them in the other order."""
    upgrade = ops.UpgradeOps(
        [ops.ModifyTableOps("t", [ops.AddColumnOp("t", COLUMN), ops.CreateIndexOp("ix", "t", ["c"])], schema="s")]
    )
    downgrade = upgrade.reverse()
    assert isinstance(downgrade, ops.DowngradeOps)
    (modify,) = downgrade.ops
    assert (modify.table_name, modify.schema) == ("t", "s")
    assert [str(each.to_call()) for each in modify.ops] == ["drop_index('ix', table_name='t')", "drop_column('t', 'c')"]
    assert [diff[0] for diff in upgrade.as_diffs()] == ["add_column", "add_index"]
    again = ops.DowngradeOps([ops.ExecuteSQLOp("gone")], downgrade_token="d")
    assert upgrade.reverse_into(again) is again
    assert (len(again.ops), again.downgrade_token) == (1, "d")
    assert ops.UpgradeOps().is_empty()
    assert not upgrade.is_empty()


def test_a_migration_script_has_one_or_several_databases():
    one = ops.MigrationScript("id", ops.UpgradeOps([]), ops.DowngradeOps([]), message="m", depends_on="d")
    assert (one.upgrade_ops, one.downgrade_ops) == (one.upgrade_ops_list[0], one.downgrade_ops_list[0])
    assert one.imports == set()
    two = ops.MigrationScript(None, [ops.UpgradeOps([]), ops.UpgradeOps([])], [])
    with pytest.raises(ValueError, match="multiple-entry list for upgrade_ops"):
        _ = two.upgrade_ops
    assert two.downgrade_ops is None
    two.upgrade_ops = ops.UpgradeOps([])
    assert len(two.upgrade_ops_list) == 1
    with pytest.raises(TypeError, match="downgrade_ops is DowngradeOps"):
        two.downgrade_ops = [ops.UpgradeOps([])]


def test_every_operation_has_a_dictionary_for_its_user():
    operation = ops.ExecuteSQLOp("select 1")
    operation.info["mine"] = 1
    assert operation.info == {"mine": 1}
    assert ops.ExecuteSQLOp("select 1").info == {}


@pytest.mark.parametrize("default", [sa.text("now()"), sa.func.now()])
def test_the_call_form_has_an_existing_default_that_is_an_expression(default):
    """Which has no truth value."""
    operation = ops.AlterColumnOp("t", "c", existing_server_default=default, modify_nullable=False)
    assert operation.to_call().kwargs["existing_server_default"] is default


def test_a_table_with_an_index_can_be_made_again() -> None:
    """An index among the parts of a table belongs to the first one that is made of them; a later one has a copy."""
    parts = (
        sa.Column("id", sa.Integer),
        sa.Column("n", sa.Text),
        sa.Index("ix", "id", unique=True, postgresql_where=sa.text("id > 5")),
        sa.Index("iy", sa.func.lower(sa.text("n")), sa.column("id").desc()),
    )
    operation = ops.CreateTableOp("p", parts)
    for _ in range(2):
        indexes = sorted(operation.to_table().indexes, key=lambda index: str(index.name))
        assert [str(CreateIndex(index).compile(dialect=postgresql.dialect())) for index in indexes] == [
            "CREATE UNIQUE INDEX ix ON p (id) WHERE id > 5",
            "CREATE INDEX iy ON p (lower(n), id DESC)",
        ]


@pytest.mark.parametrize(
    ("dialect", "kind", "said"),
    [
        ("sqlite", "policy", "sqlite has no policies of its own"),
        ("mysql", "row_security", "mysql has no row security of its own"),
        ("postgresql", "event", "postgresql has no events of its own"),
        ("mssql", "default_privileges", "mssql has no default privileges of its own"),
    ],
)
def test_a_database_without_such_objects(dialect: str, kind: str, said: str) -> None:
    op = Operations(MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True}))
    with pytest.raises(CommandError, match=said) as caught:
        op.create_object(kind, "o", "CREATE ...")
    assert (caught.value.code, caught.value.hint) == (
        "no-such-objects",
        "write it under a test of `op.get_context().dialect.name`",
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda op: op.create_sequence("s"),
        lambda op: op.alter_sequence("s", increment=2),
        lambda op: op.drop_sequence("s"),
    ],
    ids=["create", "alter", "drop"],
)
def test_a_script_for_a_database_without_sequences(call: Any) -> None:
    op = Operations(MigrationContext.configure(dialect_name="sqlite", opts={"as_sql": True}))
    with pytest.raises(CommandError, match="sqlite has no sequences") as caught:
        call(op)
    assert caught.value.code == "no-sequences"


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_a_script_for_mariadb_has_sequences(dialect: str) -> None:
    written = StringIO()
    context = MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True, "output_buffer": written})
    Operations(context).create_sequence("s", start=5)
    assert written.getvalue().strip() == "CREATE SEQUENCE s START WITH 5;"
