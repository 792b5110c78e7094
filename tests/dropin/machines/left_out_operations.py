"""Differences that the machines for operations do not report, each named as in docs/differences.md."""

from __future__ import annotations

import re
from collections.abc import Callable

from machine import Answer, LeftOut

CRASHES = {"AssertionError", "AttributeError", "KeyError", "IndexError", "UnboundLocalError"}
"""What no program catches: the reference has fallen over something that it did not foresee."""


def script(dialect: str, *calls: str) -> str:
    """An example."""
    return f"with script({dialect!r}) as op:\n    " + "\n    ".join(calls)


def batch(*calls: str, on: str = "database()", table: str = "t", options: str = "") -> str:
    """An example of a batch."""
    return (
        f"with {on} as op:\n    with op.batch_alter_table({table!r}{options}) as batch_op:\n        "
        + "\n        ".join(calls)
    )


def where(*dialects: str, text: str = "", there: str = "", here: str = "") -> Callable[[str, Answer, Answer], bool]:
    """Whether an example is for one of these dialects, and has these patterns in its text and in what was answered."""

    def applies(example: str, theirs: Answer, ours: Answer) -> bool:
        spoken = re.search(r"script\('(\w+)'", example)
        return (
            (not dialects or (spoken[1] if spoken else "sqlite") in dialects)
            and re.search(text, example) is not None
            and re.search(there, said(theirs)) is not None
            and re.search(here, said(ours)) is not None
        )

    return applies


def said(answer: Answer) -> str:
    """What a tool wrote, and its error."""
    return f"{answer['printed']}{(answer['classes'] or ['nothing'])[0]}: {answer['raised']}"


def without_rows(answer: Answer) -> list[str]:
    """What an answer has printed of the schema."""
    return [line for line in str(answer["printed"]).splitlines() if not line.startswith("[(")]


def both_refuse(_: str, theirs: Answer, ours: Answer) -> bool:
    """Ours says what is wrong and where; the reference in other words, or SQLAlchemy or the database refuse it."""
    late = {"DBAPIError", "CompileError", "ArgumentError"} & set(theirs["classes"])
    return bool(theirs["classes"]) and bool(ours["classes"]) and ("CommandError" in ours["classes"] or bool(late))


def warns_more(_: str, theirs: Answer, ours: Answer) -> bool:
    """The same but for warnings that the reference has not."""
    common = [text for text, _ in theirs["warned"]]
    left = [text for text, classes in ours["warned"] if text in common or "LimbeckWarning" not in classes]
    return left == common and all(theirs[key] == ours[key] for key in ("answer", "raised", "printed"))


def columns_in_another_order(text: str, theirs: Answer, ours: Answer) -> bool:
    """The same columns and values, and the batch both adds and drops a column."""
    both = re.search(r"add_column(.|\n)*drop_column", text) is not None

    def sorted_lines(answer: Answer) -> list[str]:
        return ["".join(sorted(line)) for line in str(answer["printed"]).splitlines()]

    return both and theirs["raised"] == ours["raised"] and sorted_lines(theirs) == sorted_lines(ours)


def reads_expressions(text: str, theirs: Answer, ours: Answer) -> bool:
    """A batch has created an index on an expression, and the next one reads it."""
    warning = "Skipped unsupported reflection of expression-based index"
    return "create_index" in text and warning in str(ours["warned"]) and warning not in str(theirs["warned"])


def crashed(_: str, theirs: Answer, ours: Answer) -> bool:
    return bool(theirs["classes"]) and theirs["classes"][0] in CRASHES


def doubled(_: str, theirs: Answer, ours: Answer) -> bool:
    return theirs["printed"].replace("%%", "%") == ours["printed"] and theirs["raised"] == ours["raised"]


def miscalled(_: str, theirs: Answer, ours: Answer) -> bool:
    words = "required|unexpected|multiple values|positional argument"
    return all(one["classes"][:1] == ["TypeError"] and re.search(words, one["raised"]) for one in (theirs, ours))


EVERYWHERE = (
    LeftOut("unsupported: ours says what is wrong and where", script("mysql", "op.execute(5)"), both_refuse),
    LeftOut("unsupported: the reference falls over it", script("mssql", "op.create_table_comment('t', 'x')"), crashed),
    LeftOut(
        "unsupported: the reference asks a clause whether it is true",
        script(
            "postgresql",
            "op.alter_column('t', 'a', server_default=sa.Identity(), existing_server_default=sa.null())",
        ),
        where(there="TypeError: Boolean value of this clause"),
    ),
    LeftOut(
        "constraint-without-name: it is looked for, in a table that is not there",
        "with database() as op:\n    op.drop_constraint(None, 'nowhere', type_='primary')",
        where(text="drop_constraint", there="NotImplementedError", here="NoSuchTableError"),
    ),
    LeftOut(
        "losses-are-warned-of, sqlite-losses",
        batch("batch_op.create_unique_constraint('uq_1', ['nothing'])"),
        warns_more,
    ),
    LeftOut(
        "invalid-calls",
        script("mysql", "op.alter_column([], 'a')"),
        where(here="BadCall|ArgumentError: 'SchemaItem' object"),
    ),
    LeftOut(
        "invalid-calls: a primary key has at least one column",
        batch("batch_op.create_primary_key('pk_1', [])", "batch_op.drop_constraint('pk_1')"),
        where(text="create_primary_key", here="BadValue: op.create_primary_key.*is empty"),
    ),
    LeftOut(
        "unknown-keywords",
        script("mysql", "op.alter_column('t', 'a', nullable=True, existing_type=sa.Date(), comments=5)"),
        lambda _, theirs, ours: theirs["printed"] == ours["printed"] and "unknown keyword" in str(ours["warned"]),
    ),
    LeftOut(
        "batch-that-failed: a new constraint may go without a name",
        batch("batch_op.create_unique_constraint(None, ['a'])"),
        where(there="ValueError: Constraint must have a name|CommandError: Can't specify insert_before"),
    ),
    LeftOut(
        "schema= in a batch is that of the batch; for some calls the reference says that it is given twice",
        batch("batch_op.create_check_constraint('ck_1', 'a > 0', schema=5)"),
        where(text="schema=", there="multiple values for keyword argument 'schema'"),
    ),
    LeftOut(
        "of two faults in a call Python names either",
        batch("batch_op.create_primary_key(if_exist=5)"),
        miscalled,
    ),
    LeftOut(
        "batch-that-failed: if_exists works in a batch too",
        batch("batch_op.drop_index('ix_t_b', if_exists=True)", options=", recreate='always'"),
        where(text="if_(not_)?exists", there="unexpected keyword argument 'if_"),
    ),
    LeftOut(
        "an identity as a default is left out on SQLite, which has none; the reference's copy refuses it",
        batch("batch_op.alter_column('id', server_default=sa.Identity())"),
        where(text="server_default=sa.Identity", there="ArgumentError"),
    ),
)
OF_SCRIPTS = (
    *EVERYWHERE,
    LeftOut(
        "identity-unchanged: the reference writes an ALTER COLUMN that says nothing, which the server cannot parse",
        script(
            "postgresql",
            "op.alter_column('t', 'a', server_default=sa.Identity(), existing_server_default=sa.Identity())",
        ),
        where("postgresql", text="existing_server_default=sa.Identity", there=r"ALTER COLUMN \w+;"),
    ),
    LeftOut(
        "constraints of an added column: the reference writes them in the order of a set",
        script(
            "mysql",
            "op.add_column('t', sa.Column('m', sa.Boolean(create_constraint=True), sa.ForeignKey('r.id')))",
        ),
        lambda _, theirs, ours: (
            "REFERENCES" in theirs["printed"]
            and sorted(re.split(r"[\s;]+", theirs["printed"].replace("%%", "%")))
            == sorted(re.split(r"[\s;]+", ours["printed"].replace("%%", "%")))
        ),
        always=False,
    ),
    LeftOut("as-written", script("mysql", "op.execute(\"UPDATE t SET b = '5%'\")"), doubled),
    LeftOut(
        "sqlite-in-place",
        script("sqlite", "op.alter_column('t', 'a', nullable=False)"),
        where("sqlite", here="Unsupported: SQLite"),
    ),
    LeftOut(
        "sqlite-comments",
        script("sqlite", "op.alter_column('t', 'a', comment='x')"),
        where("sqlite", text="comment", there="COMMENT ON|Unsupported"),
    ),
    LeftOut(
        "if-exists",
        script("mssql", "op.add_column('t', sa.Column('n', sa.Integer), if_not_exists=True)"),
        where("mssql", "oracle", "sqlite", text="if_(not_)?exists", here="IF |Unsupported"),
    ),
    LeftOut(
        "if-not-exists-indexes",
        script("mariadb", "op.create_table('t', sa.Column('c', sa.Integer, index=True), if_not_exists=True)"),
        where(text="create_table.*if_not_exists", here="INDEX IF NOT EXISTS"),
    ),
    LeftOut(
        "a table's name that needs quotes has them in object_id() too",
        script("mssql", "op.alter_column('Odd t', 'b', server_default=None)"),
        where("mssql", text="Odd", here="object_id\\('.*\\["),
    ),
    LeftOut(
        "inline-kept",
        script("oracle", "op.add_column('t', sa.Column('n', sa.Integer, sa.CheckConstraint('n > 0')))"),
        where("mssql", "oracle", text="add_column", here="CHECK|REFERENCES|PRIMARY KEY"),
    ),
    LeftOut(
        "mariadb-named-checks",
        script("mariadb", "op.add_column('t', sa.Column('n', sa.Integer, sa.CheckConstraint('n > 0', name='ck_1')))"),
        where("mariadb", text="sa.CheckConstraint", here="CONSTRAINT"),
    ),
    LeftOut(
        "foreign-key-options",
        script("mssql", "op.create_foreign_key('fk', 't', 'r', ['a'], ['b'], deferrable=True)"),
        where("mssql", "oracle", here="has no foreign keys with"),
    ),
    LeftOut(
        "oracle-comment-schema",
        script("oracle", "op.alter_column('t', 'a', comment='x', schema='s1')"),
        where("oracle", there="COMMENT ON COLUMN", here="COMMENT ON COLUMN"),
    ),
    LeftOut(
        "postgresql-default-before-type",
        script("postgresql", "op.alter_column('t', 'a', type_=sa.Text(), server_default='x')"),
        where("postgresql", text="type_=.*server_default=|server_default=.*type_=", here="ALTER TABLE"),
    ),
    LeftOut(
        "index-without-table",
        script("mssql", "op.drop_index('ix')"),
        where("mssql", "mysql", "mariadb", text="drop_index", here="no table is given"),
    ),
    LeftOut(
        "literals",
        script("oracle", "op.bulk_insert(sa.table('t', sa.column('id')), [{'id': 7}])"),
        where(text="bulk_insert|update", there="RETURNING|:[a-z]|%\\(|No literal value renderer"),
    ),
    LeftOut(
        "mssql-identity-insert",
        script("mssql", "op.bulk_insert(sa.table('t'), [])"),
        where("mssql", text="bulk_insert.*\\[\\]"),
    ),
    LeftOut(
        "check-of-renamed-column",
        script("mysql", "op.alter_column('t', 'a', new_column_name='z', type_=sa.Boolean(create_constraint=True))"),
        where(text="new_column_name=.*create_constraint|create_constraint.*new_column_name=", here="CHECK"),
    ),
    LeftOut(
        "check-of-renamed-column: a new check in the same batch may name it as it was, where the reference fails later",
        "with script('sqlite') as op:\n"
        "    with op.batch_alter_table('t', copy_from=sa.Table('t', sa.MetaData(), sa.Column('a', sa.Integer))) as b:\n"
        "        b.alter_column('a', new_column_name='z')\n"
        "        b.create_check_constraint('ck_1', 'a > 0')",
        where("sqlite", text="new_column_name=(.|\n)*create_check_constraint", here="CHECK"),
    ),
    LeftOut(
        "invalid-calls: a comment that is no text is written as if it were",
        script("mysql", "op.alter_column('t', 'b', nullable=False, existing_type=sa.Date(), existing_comment=[])"),
        where("mysql", "mariadb", text=r"comment=(\[\]|5|object)", there="CompileError"),
    ),
    LeftOut(
        "invalid-calls: an index on nothing is written, which no server takes",
        "with script('sqlite') as op:\n"
        "    with op.batch_alter_table('t', recreate='always', copy_from=sa.Table('t', sa.MetaData(), "
        "sa.Column('a', sa.Integer))) as batch_op:\n"
        "        batch_op.create_index('ix_1', [])",
        where(text=r"create_index\(.*\[\]", there="is not associated with any table"),
    ),
    LeftOut(
        "invalid-calls: SQLAlchemy does not take info= that is no mapping",
        script("mariadb", "op.create_table('new', info=['b'])"),
        where(text="info=", here="ValueError: dictionary update|TypeError"),
    ),
    LeftOut(
        "batch-that-failed: a comment on the table is that of its copy",
        "with script('mysql') as op:\n"
        "    with op.batch_alter_table('t', recreate='always', copy_from=sa.Table('t', sa.MetaData(), "
        "sa.Column('a', sa.Integer))) as batch_op:\n"
        "        batch_op.create_table_comment('words')",
        where(text=r"copy_from=(.|\n)*create_table_comment", here="COMMENT|MS_Description"),
    ),
)
OF_BATCHES = (
    *EVERYWHERE,
    LeftOut(
        "batch-that-failed: an index that copy_from= does not have can be dropped",
        batch(
            "batch_op.drop_index('ix_t_b')",
            options=", recreate='always', copy_from=sa.Table('t', sa.MetaData(), sa.Column('id', sa.Integer))",
        ),
        where(text="copy_from=(.|\\n)*drop_index", there="No such index"),
    ),
    LeftOut(
        "batch-index-once",
        batch("batch_op.add_column(sa.Column('n', sa.Integer, index=True))", options=", recreate='always'"),
        where(text="add_column.*index=", there="ix__alembic_tmp_"),
    ),
    LeftOut(
        "batch-index-once: a column that is unique=True has one constraint, where a convention names it too",
        batch("batch_op.add_column(sa.Column('n', sa.Integer, unique=True))", on="database(**NAMED)"),
        lambda text, theirs, ours: (
            re.search(r"NAMED(.|\n)*add_column.*unique=True", text) is not None
            and set(re.findall(r"UNIQUE \(.+?\)", theirs["printed"]))
            == set(re.findall(r"UNIQUE \(.+?\)", ours["printed"]))
        ),
    ),
    LeftOut(
        "batch-new-column-last",
        batch("batch_op.add_column(sa.Column('n', sa.Integer))", "batch_op.drop_column('r_id')"),
        columns_in_another_order,
    ),
    LeftOut(
        "batch-index-as-written: SQLAlchemy, which cannot read an index on an expression, says so in the next batch",
        batch(
            "batch_op.create_index('ix_1', [sa.column('a') + 1])",
            "batch_op.create_unique_constraint('uq_1', ['b'])",
        )
        + "\n    with op.batch_alter_table('t') as batch_op:\n        batch_op.drop_constraint('Odd name')",
        reads_expressions,
    ),
    LeftOut(
        "batch-key-kept: a new key on a column that copy_from= lacks, where the old one stands again",
        batch(
            "batch_op.create_primary_key('pk_1', ['c'])",
            "batch_op.add_column(sa.Column('n', sa.Integer, primary_key=True))",
            options=", copy_from=sa.Table('t', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True))",
        ),
        lambda text, _, ours: (
            re.search(r"copy_from=(.|\n)*create_primary_key", text) is not None
            and re.search("has no column '.*constraint .*is left out", str(ours["warned"])) is not None
        ),
    ),
    LeftOut(
        "batch-key-kept: the reference lets a key be dropped that is not there, by the name of a convention",
        batch("batch_op.drop_column('id')")
        + "\n    with op.batch_alter_table('t', naming_convention=CONVENTION) as batch_op:\n"
        "        batch_op.drop_constraint('pk_t')",
        where(text="naming_convention=(.|\n)*drop_constraint", there="nothing", here="No such constraint: 'pk_"),
    ),
    LeftOut(
        "batch-key-kept: the key that stands again has its name",
        batch("batch_op.create_primary_key('pk_t', ['c'])", "batch_op.drop_constraint('pk_t', type_='primary')"),
        where(text="create_primary_key", there=r", PRIMARY KEY \(", here=r"CONSTRAINT \S+ PRIMARY KEY \("),
    ),
    LeftOut(
        "if-exists: the reference puts an empty column in the place of one that is there",
        batch(
            "batch_op.add_column(sa.Column('a', sa.Integer()), insert_after='a', if_not_exists=True)",
            options=", recreate='always'",
        ),
        where(text="add_column.*if_not_exists=True", there=r"\(1, (None|.*, None)"),
    ),
    LeftOut(
        "if-exists: the reference puts a column that is there before itself",
        batch("batch_op.add_column(sa.Column('a', sa.Integer()), insert_before='a', if_not_exists=True)"),
        where(text="add_column.*if_not_exists=True", there="CircularDependencyError"),
        always=False,
    ),
    LeftOut(
        "if-exists: a column that is there is not written, so that it may have no type",
        batch("batch_op.add_column(sa.Column('a'), if_not_exists=True)"),
        where(text="add_column.*if_not_exists=True", there="CompileError: .*NullType"),
    ),
    LeftOut(
        "the words of an error: the reference gives SQLAlchemy an empty set of parameters, which it shows",
        batch("batch_op.add_column(sa.Column('n', sa.Uuid(), default='x'))", options=", recreate='always'"),
        lambda _, theirs, ours: (
            theirs["classes"] == ours["classes"]
            and str(theirs["raised"]).replace("\n[parameters: [immutabledict({})]]", "") == ours["raised"]
        ),
    ),
    LeftOut(
        "batch-that-failed: a default that is a DefaultClause is that default",
        batch("batch_op.alter_column('c', server_default=sa.DefaultClause('7'))"),
        where(text="DefaultClause", there="ArgumentError: Argument 'arg'"),
    ),
    LeftOut(
        "sqlite-comments",
        "with database() as op:\n    op.alter_column('t', 'a', comment='x')",
        where(text="comment", there="UnsupportedCompilationError"),
    ),
    LeftOut(
        "batch-that-failed: the database refuses the reference's rebuild",
        batch("batch_op.drop_column('b')"),
        lambda _, theirs, ours: "DBAPIError" in theirs["classes"],
    ),
    LeftOut(
        "batch-that-failed: a primary key takes keywords, as op.create_primary_key does",
        batch("batch_op.create_primary_key(None, ['a'], deferrable=True)"),
        where(text="create_primary_key", there="unexpected keyword"),
    ),
    LeftOut(
        "batch-that-failed: an index that the batch has created can be dropped in it",
        batch("batch_op.create_index('ix_1', ['a'])", "batch_op.drop_index('ix_1')", options=", recreate='always'"),
        where(text="create_index(.|\\n)*drop_index", there="No such index"),
    ),
    LeftOut(
        "batch-that-failed: a column that the batch has put in place of a dropped one can be dropped in it",
        batch("batch_op.drop_column('a')", "batch_op.add_column(sa.Column('a'))", "batch_op.drop_column('a')"),
        where(there="ValueError: list.remove"),
    ),
    LeftOut(
        "batch-that-failed: a foreign key may refer to the table that is rebuilt by its own name, with copy_from= too",
        "with database() as op:\n"
        "    with op.batch_alter_table('r', copy_from=sa.Table('t', sa.MetaData(), sa.Column('a', sa.Integer), "
        "sa.Column('b', sa.String()))) as batch_op:\n"
        "        batch_op.create_foreign_key('fk_1', 'r', ['a', 'b'], ['x', 'y'])",
        where(text="copy_from", there="NoReferencedTableError"),
    ),
    LeftOut(
        "batch-that-failed: a foreign key of a reflected table refers to one that is not there",
        "with database() as op:\n"
        "    with op.batch_alter_table('t') as batch_op:\n"
        "        batch_op.create_foreign_key('fk_1', 'nowhere', ['a'], ['x'])\n"
        "    with op.batch_alter_table('t') as batch_op:\n"
        "        batch_op.drop_column('r_id')",
        where(there="NoSuchTableError"),
    ),
    LeftOut(
        "sqlite-values: a value that would change is refused, or kept as it is",
        batch("batch_op.alter_column('b', type_=sa.Date())"),
        lambda text, theirs, ours: (
            re.search(r"alter_column\(.*type_=", text) is not None
            and ("would change in the cast" in str(ours["raised"]) or without_rows(theirs) == without_rows(ours))
        ),
    ),
    LeftOut(
        "sqlite-rows-kept: a column that is there is not replaced by an empty one",
        batch("batch_op.add_column(sa.Column('a', sa.BigInteger()))", options=", recreate='always'"),
        where(text="add_column", here="CommandError: Column '.*' is there already"),
    ),
    LeftOut(
        "batch-index-as-written",
        batch("batch_op.create_index('ix_1', [sa.column('a').desc()])", options=", recreate='always'"),
        where(text="(?i)create_index.*(desc|lower|\\+)", here="CREATE (UNIQUE )?INDEX"),
    ),
    LeftOut(
        "batch-checks-itself: the reference leaves it out",
        batch("batch_op.create_check_constraint('ck_1', sa.table('t', sa.column('n')).c.n > 0)"),
        where(text="create_check_constraint", here="no such column"),
    ),
    LeftOut(
        "SQLAlchemy warns of the primary key of the reference's copy, which is not made here",
        batch("batch_op.create_primary_key('pk_1', ['c'])"),
        lambda _, theirs, ours: "_alembic_tmp_" in str(theirs["warned"]) and theirs["printed"] == ours["printed"],
    ),
)
