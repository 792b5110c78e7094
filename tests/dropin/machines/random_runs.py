"""Random runs of a small history, configured at random."""

from __future__ import annotations

from textwrap import indent

from chance import Chance

DIALECTS = ("sqlite", "postgresql", "mysql", "mssql", "oracle")
UP = ("head", "heads", "a1", "a2", "a3", "b1", "side@head", "own@head", "c1", "f1", "nothing")
DOWN = ("base", "a1", "-1", "a2", "own@-1")
UP_FROM = ("a2", "a1:a3", "a2:heads", "c1", "a1:b1", "c1:f1", "a3:heads", "nothing:head", "head", "heads")
DOWN_FROM = ("a3:base", "a2:a1", "b1:-1", "c1:base", "b1:base", "f1:c1", "a3:-1", "a3")


def options(c: Chance) -> dict[str, str | None]:
    """Options of ``configure()`` that a run depends on, and some that it does not."""
    return {
        "transaction_per_migration": c.maybe(c.one("True", "False")),
        "transactional_ddl": c.maybe(c.one("True", "False", "None")),
        "version_table": c.maybe(c.one("'v'", "'Odd v'"), 0.2),
        "version_table_pk": c.maybe("False", 0.2),
        "literal_binds": c.maybe("True", 0.3),
        "tag": c.maybe("'t1'", 0.2),
        "on_version_apply": c.maybe(c.one("applied", "[applied]", "(applied, applied)"), 0.3),
        "include_schemas": c.maybe("True", 0.05),
        "render_as_batch": c.maybe("True", 0.05),
        "user_module_prefix": c.maybe("'m.'", 0.05),
        "sqlalchemy_module_prefix": c.maybe("'db.'", 0.05),
        "compare_type": c.maybe("False", 0.05),
        "dialect_opts": c.maybe("{}", 0.05),
    }


def database(c: Chance) -> str:
    """Some runs on one database, mostly configured the same."""
    same = options(c) | {"version_table_schema": c.maybe(c.one("'main'", "None"), 0.1)}
    lines = []
    for _ in range(c.randint(1, 4)):
        verb = c.one("upgrade", "upgrade", "downgrade", "stamp")
        target = c.choice({"upgrade": (*UP, "+1"), "downgrade": DOWN, "stamp": UP}[verb])
        said = same if c.random() < 0.8 else options(c)
        lines.append(c.call("run", repr(verb), repr(target), **said))
    return "with database() as run:\n" + indent("\n".join(lines), "    ")


def script(c: Chance) -> str:
    """A script of some revisions."""
    dialect, verb = c.choice(DIALECTS), c.one("upgrade", "upgrade", "downgrade", "stamp")
    configured = {
        **options(c),
        "version_table_schema": c.maybe("'s1'", 0.1),
        "output_encoding": c.maybe(c.one("'utf-8'", "'latin-1'"), 0.15),
        "starting_rev": c.maybe(c.one("'a1'", "'a2'"), 0.1),
        "mssql_batch_separator": c.maybe("'END'", 0.1),
        "oracle_batch_separator": c.maybe("'END'", 0.1),
    }
    target = c.choice(DOWN_FROM if verb == "downgrade" else UP_FROM)
    return f"with script({dialect!r}) as run:\n    " + c.call("run", repr(verb), repr(target), **configured)
