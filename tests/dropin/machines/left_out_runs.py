"""Differences that the machines for runs do not report, each named as in docs/differences.md."""

from __future__ import annotations

import re

from machine import Answer, LeftOut

RETURNING = re.compile(r" RETURNING [^;\n]*?version_num( INTO :ret_0)?| OUTPUT inserted\.version_num")
BIND = re.compile(r"(?<=note\.id = )(?::id_1|%\(id_1\)s::INTEGER|%s|\?)")


def as_literals(_: str, theirs: Answer, ours: Answer) -> bool:
    """The same but for RETURNING and the bind parameter of the history's one DELETE."""
    return BIND.sub("1", RETURNING.sub("", theirs["printed"])) == ours["printed"] and theirs["raised"] == ours["raised"]


ROW = re.compile(r"\('(\w+)',\)")


def keeps_rows(text: str, theirs: Answer, ours: Answer) -> bool:
    """Heads are stamped, and rows are left that Alembic takes away with those of another branch."""
    return "run('stamp', 'heads'" in text and set(ROW.findall(theirs["printed"])) < set(ROW.findall(ours["printed"]))


OF_RUNS = (
    LeftOut(
        "refusals: a walk on a branch that has nothing applied",
        "with database() as run:\n    run('downgrade', 'own@-1')",
        lambda _, theirs, ours: theirs["classes"][:1] == ["AssertionError"] and "CommandError" in ours["classes"],
    ),
    LeftOut(
        "transactional-ddl: transactional_ddl=True has SQLite's DDL in the transaction",
        "with database() as run:\n    run('upgrade', 'f1', transactional_ddl=True)",
        lambda text, *_: "transactional_ddl=True" in text,
    ),
    LeftOut(
        "stamp-keeps-unrelated-rows: stamping heads leaves those that are there",
        "with database() as run:\n    run('stamp', 'c1')\n    run('stamp', 'b1')\n    run('stamp', 'heads')",
        keeps_rows,
        always=False,  # which row Alembic takes away depends on the order of a set
    ),
)
OF_SCRIPTS = (
    LeftOut(
        "script-text: no RETURNING; literals: no bind parameters",
        "with script('postgresql') as run:\n    run('stamp', 'a1')",
        as_literals,
    ),
)
