"""A history in which nothing is wrong, and the folder that it is written into.

    r01 <- r02 <- ... <- r16

`MUTANTS` in `mutants.py` changes a line of it.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.config import Config
from limbeck.history_checks import run
from limbeck.history_checks.subject import Subject
from limbeck.results import HistoryCheck

SCRIPT = '''\
"""{about}"""
import sqlalchemy as sa
from limbeck import context, op

revision = {id!r}
down_revision = {down!r}
{header}

def upgrade():
{up}


def downgrade():
{back}
'''

ENV = """\
from limbeck import context
from shop.models import metadata
context.run(target_metadata=metadata)
"""

MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()

account = sa.Table(
    "account", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("email", sa.String(100)),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)
orders = sa.Table(
    "orders", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", name="fk_orders_account", ondelete="CASCADE"),
              index=True, nullable=False),
    sa.Column("price", sa.Numeric(12, 2), nullable=False),
    sa.Column("status", sa.String(10), nullable=False, server_default="open", index=True),
)
tag = sa.Table(
    "tag", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(30), nullable=False),
    sa.UniqueConstraint("name", name="uq_tag_name"),
)
account_tag = sa.Table(
    "account_tag", metadata,
    sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", name="fk_account_tag_account"), primary_key=True),
    sa.Column("tag_id", sa.Integer, sa.ForeignKey("tag.id", name="fk_account_tag_tag"), primary_key=True, index=True),
)
"""

INVOICE = """\
import sqlalchemy as sa
from shop.models import metadata

invoice = sa.Table("invoice", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""


@dataclass(frozen=True)
class Revision:
    """A revision.

    :param id: its id. :param about: its message. :param up: the body of ``upgrade()``. :param back: that of
        ``downgrade()``. :param down: its parent; default: the one before it. :param header: lines above the functions.
    """

    id: str
    about: str
    up: str
    back: str
    down: str | None = None
    header: str = ""


GOOD = (
    Revision(
        "r01",
        "accounts",
        """
        op.create_table(
            "account",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50), nullable=False),
            sa.Column("email", sa.String(100)),
            sa.UniqueConstraint("email", name="uq_account_email"),
        )
        """,
        'op.drop_table("account")',
    ),
    Revision(
        "r02",
        "orders",
        """
        op.create_table(
            "orders",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("account_id", sa.Integer, nullable=False),
            sa.Column("price", sa.Numeric(10, 2), nullable=False),
            sa.Column("state", sa.String(10), nullable=False, server_default="new"),
            sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_orders_account"),
            sa.CheckConstraint("price >= 0", name="ck_orders_price"),
        )
        op.create_index("ix_orders_account_id", "orders", ["account_id"])
        """,
        'op.drop_table("orders")',
    ),
    Revision(
        "r03",
        "age of accounts",
        """
        op.add_column("account", sa.Column("age", sa.Integer))
        op.create_index("ix_account_age", "account", ["age"])
        """,
        """
        op.drop_index("ix_account_age", "account")
        op.drop_column("account", "age")
        """,
    ),
    Revision(
        "r04",
        "active accounts",
        'op.add_column("account", sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()))',
        'op.drop_column("account", "active")',
    ),
    Revision(
        "r05",
        "longer names",
        """
        with op.batch_alter_table("account") as batch:
            batch.alter_column("name", type_=sa.String(100), existing_type=sa.String(50), existing_nullable=False)
        """,
        """
        with op.batch_alter_table("account") as batch:
            batch.alter_column("name", type_=sa.String(50), existing_type=sa.String(100), existing_nullable=False)
        """,
    ),
    Revision(
        "r06",
        "tags",
        """
        op.create_table(
            "tag", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(30), nullable=False)
        )
        op.create_table(
            "account_tag",
            sa.Column("account_id", sa.Integer, primary_key=True),
            sa.Column("tag_id", sa.Integer, primary_key=True),
            sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_tag_account"),
            sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_account_tag_tag"),
        )
        op.create_index("ix_account_tag_tag_id", "account_tag", ["tag_id"])
        """,
        """
        op.drop_table("account_tag")
        op.drop_table("tag")
        """,
    ),
    Revision(
        "r07",
        "the first tags",
        """
        tag = sa.table("tag", sa.column("id", sa.Integer), sa.column("name", sa.String))
        op.bulk_insert(tag, [{"id": 1, "name": "new"}, {"id": 2, "name": "old"}])
        """,
        'op.execute("DELETE FROM tag WHERE id IN (1, 2)")',
    ),
    Revision(
        "r08",
        "state is called status",
        """
        with op.batch_alter_table("orders") as batch:
            batch.alter_column(
                "state", new_column_name="status", existing_type=sa.String(10), existing_nullable=False,
                existing_server_default="new",
            )
        """,
        """
        with op.batch_alter_table("orders") as batch:
            batch.alter_column(
                "status", new_column_name="state", existing_type=sa.String(10), existing_nullable=False,
                existing_server_default="new",
            )
        """,
    ),
    Revision(
        "r09",
        "every account has an age",
        """
        op.execute("UPDATE account SET age = 0 WHERE age IS NULL")
        with op.batch_alter_table("account") as batch:
            batch.alter_column("age", nullable=False, existing_type=sa.Integer)
        """,
        """
        with op.batch_alter_table("account") as batch:
            batch.alter_column("age", nullable=True, existing_type=sa.Integer)
        """,
    ),
    Revision(
        "r10",
        "the names of tags are unique",
        """
        with op.batch_alter_table("tag") as batch:
            batch.create_unique_constraint("uq_tag_name", ["name"])
        """,
        """
        with op.batch_alter_table("tag") as batch:
            batch.drop_constraint("uq_tag_name", type_="unique")
        """,
    ),
    Revision(
        "r11",
        "orders by status",
        """
        op.create_index("ix_orders_status", "orders", ["status"])
        """,
        """
        op.drop_index("ix_orders_status", "orders")
        """,
    ),
    Revision(
        "r12",
        "new orders are open",
        """
        with op.batch_alter_table("orders") as batch:
            batch.alter_column(
                "status", server_default="open", existing_type=sa.String(10), existing_nullable=False,
                existing_server_default="new",
            )
        """,
        """
        with op.batch_alter_table("orders") as batch:
            batch.alter_column(
                "status", server_default="new", existing_type=sa.String(10), existing_nullable=False,
                existing_server_default="open",
            )
        """,
    ),
    Revision(
        "r13",
        "prices below zero, addresses more than once",
        """
        with op.batch_alter_table("orders") as batch:
            batch.drop_constraint("ck_orders_price", type_="check")
        with op.batch_alter_table("account") as batch:
            batch.drop_constraint("uq_account_email", type_="unique")
        """,
        """
        with op.batch_alter_table("account") as batch:
            batch.create_unique_constraint("uq_account_email", ["email"])
        with op.batch_alter_table("orders") as batch:
            batch.create_check_constraint("ck_orders_price", sa.text("price >= 0"))
        """,
    ),
    Revision(
        "r14",
        "orders go with their account",
        """
        with op.batch_alter_table("orders") as batch:
            batch.drop_constraint("fk_orders_account", type_="foreignkey")
            batch.create_foreign_key("fk_orders_account", "account", ["account_id"], ["id"], ondelete="CASCADE")
        """,
        """
        with op.batch_alter_table("orders") as batch:
            batch.drop_constraint("fk_orders_account", type_="foreignkey")
            batch.create_foreign_key("fk_orders_account", "account", ["account_id"], ["id"])
        """,
    ),
    Revision(
        "r15",
        "no age of accounts",
        """
        op.drop_index("ix_account_age", "account")
        op.drop_column("account", "age")
        """,
        """
        op.add_column("account", sa.Column("age", sa.Integer))
        op.execute("UPDATE account SET age = 0")
        with op.batch_alter_table("account") as batch:
            batch.alter_column("age", nullable=False, existing_type=sa.Integer)
        op.create_index("ix_account_age", "account", ["age"])
        """,
    ),
    Revision(
        "r16",
        "larger prices, names of accounts as a view",
        """
        with op.batch_alter_table("orders") as batch:
            batch.alter_column("price", type_=sa.Numeric(12, 2), existing_type=sa.Numeric(10, 2), existing_nullable=False)
        op.execute("CREATE VIEW account_names AS SELECT id, name FROM account")
        """,
        """
        op.execute("DROP VIEW account_names")
        with op.batch_alter_table("orders") as batch:
            batch.alter_column("price", type_=sa.Numeric(10, 2), existing_type=sa.Numeric(12, 2), existing_nullable=False)
        """,
    ),
)


@dataclass
class Shop:
    """A folder with an environment and a package of models.

    :param root: the folder. :param url: of its database.
    """

    root: Path
    url: str
    out: io.StringIO = field(default_factory=io.StringIO)

    @property
    def versions(self) -> Path:
        return self.root / "migrations" / "versions"

    def write(
        self, revisions: Sequence[Revision] = GOOD, models: str = MODELS, extra: str = "", settings: str = ""
    ) -> Shop:
        """Write the environment.

        :param extra: the text of a second module of models. :param settings: lines of the configuration.
        """
        self.versions.mkdir(parents=True, exist_ok=True)
        package = self.root / "shop"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("")
        (package / "models.py").write_text(models)
        if extra:
            (package / "invoices.py").write_text(extra)
        (self.root / "migrations" / "env.py").write_text(ENV)
        (self.root / "alembic.ini").write_text(
            "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = %(here)s\npath_separator = os\n"
            f"edition = 2026\nsqlalchemy.url = {self.url.replace('%', '%%')}\n{settings}"
        )
        before = None
        for one in revisions:
            text = SCRIPT.format(
                about=one.about,
                id=one.id,
                down=one.down or before,
                header=one.header,
                up=indent(dedent(one.up).strip(), "    "),
                back=indent(dedent(one.back).strip(), "    "),
            )
            (self.versions / f"{one.id}_.py").write_text(text)
            before = one.id
        return self

    def config(self) -> Config:
        """Its configuration; what commands print goes to ``out``."""
        self.out = io.StringIO()
        return Config(self.root / "alembic.ini", stdout=self.out, output_buffer=self.out)

    def check(self, name: str, revisions: Sequence[str] | None = None, since: str | None = None) -> HistoryCheck:
        """Carry out one check."""
        with fresh_models():
            environment = environment_of(self.config())
            known = [script.revision for script in environment.script.walk_revisions()]
            return run.check(Subject(environment, revisions or known, since), name)

    def test(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `limbeck test` in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "limbeck", "test", *arguments],
            check=False,
            cwd=self.root,
            capture_output=True,
            text=True,
        )

    def upgrade(self, target: str = "heads") -> None:
        """Upgrade its database."""
        with fresh_models():
            command.upgrade(self.config(), target)


@contextmanager
def fresh_models() -> Iterator[None]:
    """A block in which the models of another folder are not imported yet, and after which these are not."""
    before = list(sys.path)

    def forget() -> None:
        for name in [one for one in sys.modules if one.partition(".")[0] == "shop"]:
            del sys.modules[name]

    forget()
    try:
        yield
    finally:
        forget()
        sys.path[:] = before
