"""Random models, and random changes of them."""

from __future__ import annotations

from textwrap import indent

from chance import Chance
from random_schemas import ACTIONS, COMMENTS, EXPRESSIONS, check, column, index_options, table_options

DIALECTS = ("sqlite", "postgresql", "mysql")
NAMES = ("a", "b", "c", "Odd n", "r_id")
PARENT = "sa.Table('r', {}, sa.Column('id', sa.Integer, primary_key=True), sa.Column('x', sa.String(9), unique=True))"


def parts(c: Chance, dialect: str, *, odd: float, first: int = 0) -> list[str]:
    """Columns, constraints and indexes of a table, whose names are numbered."""
    names = c.sample(NAMES, c.randint(2, 4))
    made = ["sa.Column('id', sa.Integer, primary_key=True)"] * (c.random() < 0.8)
    made += [column(c, dialect, name, plain=odd, referred=("'r.id'", "'r.x'")) for name in names]
    more = [constraint(c, dialect, names, number) for number in range(first, first + c.randint(0, 3))]
    return made + more


def keyed_once(made: list[str]) -> list[str]:
    """The parts of a table, of which one at most is a primary key: SQLAlchemy warns of more, as often as it copies."""
    keys = [one for one in made if "primary_key=True" in one or "sa.PrimaryKeyConstraint" in one]
    return [one for one in made if one not in keys[1:]]


def constraint(c: Chance, dialect: str, names: list[str], number: int) -> str:
    """A constraint or an index of a table."""
    name = c.choice(names)
    some = [
        lambda: c.call("sa.PrimaryKeyConstraint", repr(name), name=c.maybe(f"'pk_{number}'")),
        lambda: c.call(
            "sa.UniqueConstraint", repr(name), name=c.maybe(f"'uq_{number}'", 0.7), deferrable=c.maybe("True", 0.1)
        ),
        lambda: check(c, c.maybe("sa.text('a > 5')")),
        lambda: c.call(
            "sa.ForeignKeyConstraint",
            f"[{name!r}]",
            c.one("['r.id']", "['r.x']"),
            name=c.maybe(f"'fk_{number}'", 0.7),
            ondelete=c.maybe(c.one(*ACTIONS)),
            initially=c.maybe("'DEFERRED'", 0.1),
        ),
        lambda: c.call(
            "sa.Index",
            *c.one((f"'ix_{number}'", repr(name)), ("None", repr(name)), (f"'ix_{number}'", c.one(*EXPRESSIONS))),
            unique=c.maybe("True"),
            **index_options(c, dialect),
        ),
    ]
    if dialect == "postgresql":
        using = "using='gist'"
        some.append(lambda: f"postgresql.ExcludeConstraint(('{name}', '='), {using}, name='ex_{number}')")
    return str(c.one(*some))


def table(c: Chance, dialect: str, metadata: str, made: list[str], *, schema: str | None = None) -> str:
    """A table in ``metadata``."""
    comment = c.maybe(c.one(*COMMENTS), 0.1)
    prefixes = c.maybe("['UNLOGGED']", 0.05)
    options = {**table_options(c, dialect), "comment": comment, "prefixes": prefixes, "schema": schema}
    return c.call("sa.Table", "'t'", metadata, *keyed_once(made), **options)


def options(c: Chance) -> dict[str, str | None]:
    """Options of ``configure()`` that a comparison or its text depends on."""
    return {
        "convention": c.maybe("CONVENTION"),
        "render_as_batch": c.maybe("True", 0.2),
        "compare_server_default": c.maybe("True", 0.4),
        "compare_type": c.maybe("False", 0.1),
        "sqlalchemy_module_prefix": c.maybe("'db.'", 0.1),
        "alembic_module_prefix": c.maybe(c.one("''", "'alembic.op.'"), 0.1),
        "user_module_prefix": c.maybe("'mine.'", 0.1),
        "include_schemas": c.maybe("True", 0.1),
    }


def models(c: Chance) -> str:
    """Models that are new."""
    dialect = c.choice(DIALECTS)
    schema = c.maybe("'s1'", 0.1)
    lines = [PARENT.format("m"), table(c, dialect, "m", parts(c, dialect, odd=0.3), schema=schema)]
    return f"with {c.call('models', repr(dialect), **options(c))} as m:\n" + indent("\n".join(lines), "    ")


def change(c: Chance, dialect: str = "sqlite") -> str:
    """Models that have changed, in a database of a dialect."""
    old = parts(c, dialect, odd=0.7)
    other = parts(c, dialect, odd=0.7, first=5)
    kept = [part for part in old if c.random() < 0.7]
    names = {part.split(",")[0] for part in kept if part.startswith("sa.Column")}
    new = kept + [part for part in other if part.split(",")[0] not in names and c.random() < 0.6]
    lines = [PARENT.format("old"), PARENT.format("new")]
    lines += [table(c, dialect, "old", old)] * (c.random() < 0.9) + [table(c, dialect, "new", new)] * (c.random() < 0.9)
    body = indent("\n".join(lines), "    ")
    return f"with {c.call('change', repr(dialect), **options(c))} as (old, new):\n{body}"
