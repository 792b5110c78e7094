"""Faults planted into the good history: one change of one revision each, and the check that has to find it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from good import GOOD, INVOICE, Revision

EVERYWHERE = frozenset({"sqlite", "postgresql", "mysql"})
SERVERS = frozenset({"postgresql", "mysql"})


@dataclass(frozen=True)
class Mutant:
    """A planted fault.

    :param name: what is wrong. :param check: the check that finds it. :param revision: the revision that it names.
    :param up: what is replaced in ``upgrade()``, and by what. :param back: the same in ``downgrade()``.
    :param down: another parent. :param header: lines above the functions.
    :param lost: whether there is no ``downgrade()``. :param extra: a module of models that env.py does not import.
    :param on: the databases that it is a fault on. :param names_revision: whether the finding names the revision.
    """

    name: str
    check: str
    revision: str
    up: tuple[str, str] | None = None
    back: tuple[str, str] | None = None
    down: str | None = None
    header: str = ""
    lost: bool = False
    extra: str = ""
    on: frozenset[str] = EVERYWHERE
    names_revision: bool = True

    def __str__(self) -> str:
        return self.name

    def revisions(self) -> list[Revision]:
        """The good history with the fault."""
        return [self._changed(one) if one.id == self.revision else one for one in GOOD]

    def _changed(self, one: Revision) -> Revision:
        texts = {"up": one.up, "back": one.back}
        for part, pair in (("up", self.up), ("back", self.back)):
            if pair is not None:
                old, new = pair
                assert not old or old in texts[part], f"{old} is not in {part} of {one.id}"
                texts[part] = texts[part].replace(old, new) if old else new
        return replace(one, **texts, down=self.down or one.down, header=self.header)


ALL = ""
"""The whole body."""

BACK, ROWS, EMPTY, MODELS, SCRIPT = (
    "way-back",
    "rows-survive",
    "upgrades-from-empty",
    "models-equal-history",
    "sql-script-equals-history",
)

ORDERS = """
op.create_table(
    "orders",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.Integer, nullable=False),
    sa.Column("price", sa.Numeric(10, 2), nullable=False),
    sa.Column("status", sa.String(10), nullable=False, server_default="new"),
    sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_orders_account"),
    sa.CheckConstraint("price >= 0", name="ck_orders_price"),
)
op.create_index("ix_orders_account_id", "orders", ["account_id"])
op.create_index("ix_orders_status", "orders", ["status"])
""".lstrip()
"""The table of orders as it is at r11."""

COPIED = f"""
op.execute("CREATE TABLE kept AS SELECT id, account_id, 0 AS price, status FROM orders")
op.drop_table("orders")
{ORDERS}op.execute("INSERT INTO orders SELECT * FROM kept")
op.drop_table("kept")
""".lstrip()
"""A table written anew by hand, as one does without a batch."""

MUTANTS = (
    # a downgrade that is not the way back
    Mutant("downgrade forgets an index", BACK, "r11", back=(ALL, "pass")),
    Mutant("downgrade drops the index of another name", BACK, "r11", back=("ix_orders_status", "ix_orders_state")),
    Mutant(
        "downgrade drops the wrong index",
        BACK,
        "r11",
        back=("ix_orders_status", "ix_orders_account_id"),
        on=frozenset({"sqlite", "postgresql"}),
    ),
    Mutant("downgrade forgets a table", BACK, "r06", back=('op.drop_table("tag")', "pass")),
    Mutant(
        "downgrade drops tables in the wrong order",
        BACK,
        "r06",
        back=(ALL, 'op.drop_table("tag")\nop.drop_table("account_tag")'),
        on=SERVERS,
    ),
    Mutant("downgrade forgets a column", BACK, "r04", back=(ALL, "pass")),
    Mutant("downgrade drops another column", BACK, "r04", back=('"active"', '"age"'), on=SERVERS),
    Mutant("downgrade goes back to another type", BACK, "r05", back=("type_=sa.String(50)", "type_=sa.String(60)")),
    Mutant("downgrade leaves the longer type", BACK, "r05", back=(ALL, "pass")),
    Mutant("downgrade leaves the old name", BACK, "r08", back=(ALL, "pass")),
    Mutant("downgrade misspells the old name", BACK, "r08", back=('new_column_name="state"', 'new_column_name="stat"')),
    Mutant("downgrade leaves NOT NULL", BACK, "r09", back=(ALL, "pass")),
    Mutant("downgrade forgets a unique constraint", BACK, "r10", back=(ALL, "pass")),
    Mutant("downgrade loses a default", BACK, "r12", back=('server_default="new"', "server_default=None")),
    Mutant("downgrade leaves the new default", BACK, "r12", back=(ALL, "pass")),
    Mutant(
        "downgrade makes a unique constraint of another name", BACK, "r13", back=('"uq_account_email"', '"uq_email"')
    ),
    Mutant("downgrade makes a unique constraint of another column", BACK, "r13", back=('["email"]', '["name"]')),
    Mutant(
        "downgrade forgets a check",
        BACK,
        "r13",
        back=('batch.create_check_constraint("ck_orders_price", sa.text("price >= 0"))', "pass"),
    ),
    Mutant("downgrade makes another check", BACK, "r13", back=("price >= 0", "price > 0")),
    Mutant(
        "downgrade leaves ON DELETE",
        BACK,
        "r14",
        back=('["id"])', '["id"], ondelete="SET NULL")'),
        on=frozenset({"sqlite", "postgresql"}),
    ),
    Mutant(
        "downgrade forgets a foreign key",
        BACK,
        "r14",
        back=('batch.create_foreign_key("fk_orders_account", "account", ["account_id"], ["id"])', "pass"),
    ),
    Mutant(
        "downgrade forgets the index of a column",
        BACK,
        "r15",
        back=('op.create_index("ix_account_age", "account", ["age"])', "pass"),
    ),
    Mutant("downgrade makes a unique index", BACK, "r15", back=('["age"])', '["age"], unique=True)')),
    Mutant(
        "downgrade makes a nullable column",
        BACK,
        "r15",
        back=("nullable=False, existing_type", "nullable=True, existing_type"),
    ),
    Mutant("downgrade forgets a view", BACK, "r16", back=('op.execute("DROP VIEW account_names")', "pass")),
    Mutant(
        "downgrade goes back to another scale", BACK, "r16", back=("type_=sa.Numeric(10, 2)", "type_=sa.Numeric(10, 3)")
    ),
    # a downgrade that is not there
    Mutant("there is no downgrade", "downgrades-exist", "r07", lost=True),
    # two heads
    Mutant("two revisions follow the same one", "one-head", "r07", down="r05", names_revision=False),
    # an upgrade that does not run
    Mutant("upgrade alters a table before it is made", EMPTY, "r03", up=('"account"', '"tag"')),
    Mutant("upgrade misspells a column", EMPTY, "r11", up=('["status"]', '["stat"]')),
    Mutant("upgrade has a constraint that is not there", EMPTY, "r13", up=("uq_account_email", "uq_account_mail")),
    Mutant(
        "a script cannot be imported", EMPTY, "r10", header="import a_module_that_is_not_there", names_revision=False
    ),
    # models and history part
    Mutant("upgrade forgets an index", MODELS, "r11", up=(ALL, "pass"), back=(ALL, "pass"), names_revision=False),
    Mutant("upgrade forgets a column", MODELS, "r04", up=(ALL, "pass"), back=(ALL, "pass"), names_revision=False),
    Mutant(
        "upgrade makes another type",
        MODELS,
        "r05",
        up=("type_=sa.String(100)", "type_=sa.String(90)"),
        names_revision=False,
    ),
    Mutant(
        "upgrade forgets a unique constraint", MODELS, "r10", up=(ALL, "pass"), back=(ALL, "pass"), names_revision=False
    ),
    Mutant("upgrade forgets ON DELETE", MODELS, "r14", up=(', ondelete="CASCADE"', ""), names_revision=False),
    Mutant(
        "upgrade makes another default",
        MODELS,
        "r12",
        up=('server_default="open"', 'server_default="closed"'),
        names_revision=False,
    ),
    # rows do not survive
    Mutant(
        "upgrade makes a type that loses digits", ROWS, "r16", up=("type_=sa.Numeric(12, 2)", "type_=sa.Numeric(12, 1)")
    ),
    Mutant(
        "upgrade makes a type that is too short",
        ROWS,
        "r05",
        up=("type_=sa.String(100)", "type_=sa.String(20)"),
        on=SERVERS,
    ),
    Mutant("upgrade adds NOT NULL without a default", ROWS, "r04", up=(", server_default=sa.true()", "")),
    Mutant(
        "upgrade sets NOT NULL without filling",
        ROWS,
        "r09",
        up=('op.execute("UPDATE account SET age = 0 WHERE age IS NULL")', "pass"),
    ),
    Mutant("upgrade makes a table anew", ROWS, "r11", up=(ALL, f'op.drop_table("orders")\n{ORDERS}')),
    Mutant("upgrade copies a table and forgets a price", ROWS, "r11", up=(ALL, COPIED)),
    Mutant(
        "downgrade adds NOT NULL without a default",
        ROWS,
        "r15",
        back=('sa.Column("age", sa.Integer)', 'sa.Column("age", sa.Integer, nullable=False)'),
    ),
    Mutant(
        "downgrade makes a type that loses digits",
        ROWS,
        "r16",
        back=("type_=sa.Numeric(10, 2)", "type_=sa.Numeric(10, 1)"),
    ),
    # the script is not the history
    Mutant(
        "a script lacks what only a run makes",
        SCRIPT,
        "r11",
        up=("op.create_index", "context.is_offline_mode() or op.create_index"),
        names_revision=False,
        on=frozenset({"sqlite", "postgresql"}),
    ),
    Mutant(
        "a script lacks rows that only a run inserts",
        SCRIPT,
        "r07",
        up=("op.bulk_insert", "context.is_offline_mode() or op.bulk_insert"),
        names_revision=False,
        on=frozenset({"sqlite", "postgresql"}),
    ),
    # models that nobody imports
    Mutant("a module of models is not imported", "models-imported", "r01", extra=INVOICE, names_revision=False),
)
