"""Random calls of `op` and `batch_op`."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import indent

from chance import Chance
from random_schemas import (
    ACTIONS,
    COMMENTS,
    CONDITIONS,
    DEFAULTS,
    EXPRESSIONS,
    IDENTITIES,
    check,
    column,
    index_options,
    table_options,
    type_,
)

DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")
COLUMNS = ("a", "b", "c", "id", "r_id")
COPIED = (
    "sa.Table('t', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True), sa.Column('a', sa.Integer), "
    "sa.Column('b', sa.String(20)))"
)
Call = Callable[..., str]


class Operations:
    """Calls of the methods of one `op`, or in a batch of one `batch_op`.

    :param dialect: for which. :param batch: in a batch no call names the table. :param wrong: the share of calls that
        are slightly wrong.
    """

    def __init__(self, c: Chance, dialect: str, *, batch: bool, wrong: float = 0.08) -> None:
        self.c, self.dialect, self.batch, self.wrong = c, dialect, batch, wrong
        self.table = None if batch else c.one("'t'", "'t'", "'Odd t'")
        self.schema = None if batch else c.maybe("'s1'", 0.15)

    def call(self, method: str, /, *positional: str | None, **keywords: str | None) -> str:
        c = self.c
        name = f"{'batch_op' if self.batch else 'op'}.{method}"
        return (c.wrong if c.random() < self.wrong else c.call)(name, *positional, **keywords)

    def one(self) -> str:
        """Any call."""
        made: list[Call] = [
            *(self.add_column, self.alter_column, self.alter_column, self.drop_column, self.create_index),
            *(self.drop_index, self.unique, self.check, self.foreign_key, self.primary_key, self.drop_constraint),
            *(self.table_comment, self.execute),
        ]
        if not self.batch:
            made += [self.create_table, self.create_table, self.drop_table, self.rename_table, self.bulk_insert]
        return self.c.choice(made)()

    def name(self, kind: str) -> str:
        c = self.c
        return str(c.one(f"'{kind}_1'", f"'{kind}_1'", f"'{kind}_1'", f"op.f('{kind}_f')", "None", "'Odd name'"))

    def old_name(self, kind: str) -> str:
        known = {"pk": ("pk_t",), "uq": ("uq_t_a",), "ck": ("ck_t_c",), "fk": ("fk_t_r",), "ix": ("ix_t_b", "ix_t_ab")}
        return repr(self.c.choice(known[kind])) if self.c.random() < 0.6 else self.name(kind)

    def column(self, name: str | None = None) -> str:
        return column(self.c, self.dialect, name or self.c.one("n", "m", "Odd n", "a"))

    def add_column(self) -> str:
        c = self.c
        if self.batch:
            place = {c.one("insert_before", "insert_after"): c.maybe(repr(c.choice(COLUMNS)), 0.2)}
            return self.call("add_column", self.column(), **place, if_not_exists=c.maybe("True", 0.03))
        return self.call(
            "add_column",
            self.table,
            self.column(),
            schema=self.schema,
            if_not_exists=c.maybe("True", 0.1),
            inline_references=c.maybe("True", 0.1),
        )

    def alter_column(self) -> str:
        c = self.c
        return self.call(
            "alter_column",
            self.table,
            repr(c.choice(COLUMNS)),
            nullable=c.maybe(c.one("True", "False")),
            comment=c.maybe(c.one(*COMMENTS, "None", "False"), 0.2),
            server_default=c.maybe(c.one(*DEFAULTS, *IDENTITIES, "None", "False"), 0.3),
            new_column_name=c.maybe(c.one("'z'", "'Odd z'"), 0.2),
            type_=c.maybe(lambda: type_(c, self.dialect), 0.4),
            existing_type=c.maybe(lambda: type_(c, self.dialect), 0.6),
            existing_server_default=c.maybe(c.one(*DEFAULTS, *IDENTITIES, "False", "None"), 0.2),
            existing_nullable=c.maybe(c.one("True", "False"), 0.4),
            existing_comment=c.maybe("'old'", 0.1),
            autoincrement=c.maybe(c.one("True", "False"), 0.05),
            existing_autoincrement=c.maybe("True", 0.05),
            postgresql_using=c.maybe("'a::text'", 0.05),
            mysql_first=None,
            schema=self.schema,
            insert_after=c.maybe("'id'", 0.05) if self.batch else None,
        )

    def drop_column(self) -> str:
        c = self.c
        return self.call(
            "drop_column",
            self.table,
            repr(c.choice(COLUMNS)),
            schema=self.schema,
            mssql_drop_default=c.maybe("True", 0.1),
            mssql_drop_check=c.maybe("True", 0.1),
            if_exists=c.maybe("True", 0.05),
        )

    def create_index(self) -> str:
        c = self.c
        columns = c.listed(COLUMNS, 1, 3) if c.random() < 0.7 else f"['a', {c.one(*EXPRESSIONS)}]"
        return self.call(
            "create_index",
            self.name("ix"),
            self.table,
            columns,
            schema=self.schema,
            unique=c.maybe(c.one("True", "False"), 0.4),
            if_not_exists=c.maybe("True", 0.05),
            **index_options(c, self.dialect),
        )

    def drop_index(self) -> str:
        c = self.c
        table = {} if self.batch else {"table_name": self.table if c.random() < 0.8 else None, "schema": self.schema}
        return self.call("drop_index", self.old_name("ix"), **table, if_exists=c.maybe("True", 0.1))

    def unique(self) -> str:
        c = self.c
        more = {"deferrable": c.maybe("True", 0.1), "initially": c.maybe("'DEFERRED'", 0.1)}
        return self.call(
            "create_unique_constraint", self.name("uq"), self.table, c.listed(COLUMNS), schema=self.schema, **more
        )

    def check(self) -> str:
        name, condition = self.name("ck"), self.c.one(*CONDITIONS)
        return self.call("create_check_constraint", name, self.table, condition, schema=self.schema)

    def foreign_key(self) -> str:
        c = self.c
        local, remote = c.one(("['r_id']", "['id']"), ("['a', 'b']", "['x', 'y']"))
        return self.call(
            "create_foreign_key",
            self.name("fk"),
            self.table,
            c.one("'r'", "'r'", "'t'", "'Odd r'"),
            local,
            remote,
            ondelete=c.maybe(c.one(*ACTIONS)),
            onupdate=c.maybe(c.one(*ACTIONS), 0.1),
            deferrable=c.maybe(c.one("True", "False"), 0.1),
            initially=c.maybe("'DEFERRED'", 0.1),
            match=c.maybe("'FULL'", 0.05),
            referent_schema=c.maybe("'s2'", 0.1),
            **{} if self.batch else {"source_schema": self.schema},
        )

    def primary_key(self) -> str:
        return self.call("create_primary_key", self.name("pk"), self.table, self.c.listed(COLUMNS), schema=self.schema)

    def drop_constraint(self) -> str:
        kind, word = self.c.one(("pk", "primary"), ("uq", "unique"), ("ck", "check"), ("fk", "foreignkey"))
        given = self.c.maybe(repr(word), 0.85)
        name = self.old_name(kind)
        return self.call("drop_constraint", name, self.table, type_=given, schema=self.schema)

    def table_comment(self) -> str:
        c = self.c
        if c.random() < 0.4:
            return self.call("drop_table_comment", self.table, schema=self.schema, existing_comment=c.maybe("'old'"))
        old = c.maybe("'old'")
        return self.call("create_table_comment", self.table, c.one(*COMMENTS), schema=self.schema, existing_comment=old)

    def execute(self) -> str:
        update = "sa.table('t', sa.column('a')).update().values(a=op.inline_literal(5))"
        return self.call("execute", self.c.one("'UPDATE t SET a = 7'", "sa.text('DELETE FROM t')", update))

    def create_table(self) -> str:
        """A table with one index at most: the order of several is that of a set."""
        while len(re.findall(r"index=True|sa\.Index", text := self._create_table())) > 1:
            pass
        return text

    def _create_table(self) -> str:
        c = self.c
        names = c.sample(["id", "a", "b", "c", "Odd n"], c.randint(1, 4))
        constraints = [
            lambda: c.call("sa.PrimaryKeyConstraint", repr(names[0]), name=c.maybe("'pk_1'")),
            lambda: c.call("sa.UniqueConstraint", repr(names[-1]), name=c.maybe("'uq_1'", 0.6)),
            lambda: check(c),
            lambda: c.call(
                "sa.ForeignKeyConstraint",
                f"[{names[0]!r}]",
                c.one("['r.id']", "['s2.r.id']"),
                name=c.maybe("'fk_2'", 0.6),
            ),
            lambda: c.call("sa.Index", c.one("'ix_2'", "None"), repr(names[0]), unique=c.maybe("True")),
        ]
        return self.call(
            "create_table",
            c.one("'new'", "'new'", "'Odd new'"),
            *(self.column(name) for name in names),
            *(c.one(*constraints) for _ in range(c.choice((0, 0, 1, 2)))),
            schema=self.schema,
            comment=c.maybe(c.one(*COMMENTS), 0.1),
            prefixes=c.maybe("['TEMPORARY']", 0.05),
            info=c.maybe("{'x': 1}", 0.03),
            if_not_exists=c.maybe("True", 0.05),
            **table_options(c, self.dialect),
        )

    def drop_table(self) -> str:
        return self.call("drop_table", self.table, schema=self.schema, if_exists=self.c.maybe("True", 0.2))

    def rename_table(self) -> str:
        return self.call("rename_table", self.table, self.c.one("'new'", "'Odd new'"), schema=self.schema)

    def bulk_insert(self) -> str:
        c = self.c
        table = "sa.table('t', sa.column('id', sa.Integer), sa.column('b', sa.String), sa.column('c', sa.Date))"
        rows = c.one(
            "[{'id': 7, 'b': 'x'}, {'id': 8, 'b': 'it\\'s'}]",
            "[{'id': 7, 'b': None}]",
            "[]",
            "[{'id': 9, 'b': 'y'}]",
            "[{'id': op.inline_literal(7), 'b': op.inline_literal('x')}]",
        )
        return self.call("bulk_insert", table, rows, multiinsert=c.maybe("False"))


def batch(c: Chance, dialect: str, *, wrong: float) -> str:
    """A batch of some calls."""
    made = Operations(c, dialect, batch=True, wrong=wrong)
    table = c.one("'t'", "'t'", "'t'", "'r'")
    options = c.call(
        "op.batch_alter_table",
        table,
        recreate=c.maybe(c.one("'always'", "'auto'", "'never'"), 0.5),
        naming_convention=c.maybe("CONVENTION", 0.1),
        table_args=c.maybe("(sa.UniqueConstraint('b', name='uq_args'),)", 0.05),
        table_kwargs=c.maybe("{'sqlite_autoincrement': True}", 0.05),
        reflect_kwargs=c.maybe("{'listeners': []}", 0.03),
        partial_reordering=c.maybe("[('c', 'a'), ('id', 'b')]", 0.05) if table == "'t'" else None,
        copy_from=c.maybe(COPIED, 0.1),
    )
    calls = c.several(made.one, 1, 4)
    if "".join(calls).count("create_primary_key") > 1:  # of several the reference takes one from a set
        return batch(c, dialect, wrong=wrong)
    return f"with {options} as batch_op:\n" + indent("\n".join(calls), "    ")


def script(c: Chance) -> str:
    """A few calls that write a script for any database."""
    dialect = c.choice(DIALECTS)
    made = Operations(c, dialect, batch=False)
    body = [batch(c, dialect, wrong=made.wrong) if c.random() < 0.15 else made.one() for _ in range(c.randint(1, 2))]
    opts = c.maybe("**NAMED", 0.2)
    return f"with {c.call('script', repr(dialect), opts)} as op:\n" + indent("\n".join(body), "    ")


def database(c: Chance) -> str:
    """A batch or a call on an SQLite database."""
    made = Operations(c, "sqlite", batch=False)
    body = [
        batch(c, "sqlite", wrong=made.wrong) if c.random() < 0.85 else made.one() for _ in range(c.choice((1, 1, 2)))
    ]
    opts = c.maybe("**NAMED", 0.2)
    return f"with {c.call('database', opts)} as op:\n" + indent("\n".join(body), "    ")
