"""Differences that the machines for models do not report, each named as in docs/differences.md."""

from __future__ import annotations

import re

from machine import Answer, LeftOut


def example(*parts: str, dialect: str = "sqlite", options: str = "") -> str:
    """An example of a new table."""
    return f"with models({dialect!r}{options}) as m:\n    sa.Table('t', m, {', '.join(parts)})"


EXISTING_TYPE = re.compile(r"existing_type=\w+\.\w+\((?:[^()]|\([^()]*\))*\), ")


def as_meant(text: str, theirs: Answer, ours: Answer) -> bool:
    """The same but for what the entries that share this say, any of them together."""
    there = theirs["printed"].replace("%%", "%").replace("unique=1", "unique=True")
    there = there.replace(".text(\"('')\")", ".text(\"''\")")
    here = re.sub(r"\b(sa|db)\.types\.", r"\1.", ours["printed"])
    here = re.sub(r"(drop_constraint\(None.*), (?:columns=\[.*?\]|condition=.*)\)", r"\1)", here)
    here = re.sub(r", existing_server_default=(?:sa|db)\.Identity\(.*?\)", "", here)
    here = re.sub(r""", postgresql_using=(?:'[^']*'|"[^"]*")""", "", here)
    if "compare_type=False" in text:
        there, here = EXISTING_TYPE.sub("", there), EXISTING_TYPE.sub("", here)
    if "drop_constraint(None" in there:  # which has a name by which it can be dropped
        there, here = (
            re.sub(r"drop_constraint\((?:None|'[^']*')", "drop_constraint(None", one) for one in (there, here)
        )
    return (
        sorted(there.splitlines()) == sorted(here.splitlines())
        and warnings(theirs) == warnings(ours)
        and theirs["raised"] == ours["raised"]
    )


def warnings(answer: Answer) -> list[str]:
    """The warnings, but for those that one tool alone has."""
    alone = ("This would drop", "directive for an unnamed constraint")
    return [text for text, _ in answer["warned"] if not any(words in text for words in alone)]


def but_for_indexes(text: str, theirs: Answer, ours: Answer) -> bool:
    """The same in models that have a nameless index, but for what is said of indexes."""
    there, here = (
        [
            re.sub(r"\b(sa|db)\.types\.", r"\1.", line)
            for line in answer["printed"].splitlines()
            if "_index(" not in line
        ]
        for answer in (theirs, ours)
    )
    return "Index(None" in text and there == here and warnings(theirs) == warnings(ours)


def but_for_constraints(text: str, theirs: Answer, ours: Answer) -> bool:
    """The same in models whose constraints repeat each other, but for what is said of constraints."""
    there, here = (
        [
            re.sub(r"\b(sa|db)\.types\.", r"\1.", re.sub(r"\w+_constraint\(.*|create_foreign_key\(.*", "", line))
            for line in answer["printed"].splitlines()
        ]
        for answer in (theirs, ours)
    )
    repeated = len(re.findall(r"ForeignKey|unique=True|UniqueConstraint", text)) > 1
    return repeated and sorted(there) == sorted(here)


OF_MODELS = (
    LeftOut(
        "of two constraints that say the same, the reference takes one out of a set",
        "with change() as (old, new):\n"
        "    sa.Table('r', new, sa.Column('id'))\n"
        "    sa.Table('t', old, sa.Column('b', sa.Integer))\n"
        "    sa.Table('t', new, sa.Column('n', sa.ForeignKey('r.id')), "
        "sa.ForeignKeyConstraint(['n'], ['r.id'], name='fk_6'))",
        but_for_constraints,
        always=False,
    ),
    LeftOut(
        "rendered-in-full: the existing type where types are not compared",
        "with change(compare_type=False) as (old, new):\n"
        "    sa.Table('t', old, sa.Column('a', sa.JSON()))\n"
        "    sa.Table('t', new, sa.Column('a', nullable=False))",
        as_meant,
    ),
    LeftOut(
        "of two indexes that get one name by the convention, the reference takes one out of a set",
        example("sa.Column('a', sa.Integer)", "sa.Index(None, 'a', unique=True)", "sa.Index(None, 'a')"),
        but_for_indexes,
        always=False,
    ),
    LeftOut("names-of-sqlalchemy", example("sa.Column('a', sa.types.NullType())"), as_meant),
    LeftOut(
        "rendered-in-full: a per cent sign", example("sa.CheckConstraint(\"a <> '5%'\")", dialect="mysql"), as_meant
    ),
    LeftOut(
        "looks",
        "with change() as (old, new):\n"
        "    sa.Table('t', old, sa.Column('a', sa.Integer, unique=True, index=True))\n"
        "    sa.Table('t', new, sa.Column('a', sa.Integer))",
        as_meant,
    ),
    LeftOut(
        "defaults-compared",
        "with change(compare_server_default=True) as (old, new):\n"
        "    sa.Table('t', old, sa.Column('a', sa.String(), server_default=''))\n"
        "    sa.Table('t', new, sa.Column('a', sa.String(), server_default=''))",
        lambda text, theirs, ours: "compare_server_default=True" in text and "''" in theirs["printed"],
    ),
    LeftOut(
        "a column whose type cannot count up is compared all the same, though the models say that it does",
        "with change() as (old, new):\n"
        "    sa.Table('t', old, sa.Column('b', sa.VARCHAR()))\n"
        "    sa.Table('t', new, sa.Column('b'), sa.Column('c', primary_key=True, autoincrement=True))",
        lambda _, theirs, ours: "is not compatible with autoincrement" in str(theirs["raised"]),
    ),
    LeftOut(
        "identity-stated",
        "with change(compare_server_default=True) as (old, new):\n"
        "    sa.Table('t', old, sa.Column('a', sa.Integer))\n"
        "    sa.Table('t', new, sa.Column('a', sa.Integer, sa.Identity(), nullable=True))",
        as_meant,
    ),
    LeftOut(
        "unnamed-constraints",
        "with change() as (old, new):\n"
        "    sa.Table('t', old, sa.Column('a', sa.Integer))\n"
        "    sa.Table('t', new, sa.Column('a', sa.Integer, unique=True))",
        as_meant,
    ),
    LeftOut(
        "rendered-in-full: a batch has the prefix of the module too",
        example("sa.Column('a', sa.Integer, index=True)", options=", render_as_batch=True, alembic_module_prefix=''"),
        lambda text, theirs, ours: "alembic_module_prefix=" in text and "batch_alter_table" in theirs["printed"],
    ),
    LeftOut(
        "determined-order: the reference warns in the order of a set",
        example("sa.Index('ix_1', sa.text('lower(a)'))", "sa.Index('ix_2', sa.text('lower(b)'))"),
        lambda _, theirs, ours: (
            theirs["printed"] == re.sub(r"\bsa\.types\.", "sa.", ours["printed"])
            and sorted(warnings(theirs)) == sorted(warnings(ours))
        ),
        always=False,
    ),
    LeftOut(
        "determined-order: of two indexes of one name the reference takes either",
        example("sa.Column('b', sa.Integer, index=True)", "sa.Index(None, 'b', unique=True)", dialect="postgresql"),
        lambda _, theirs, ours: (
            re.sub("unique=(True|False)", "", theirs["printed"])
            == re.sub("unique=(True|False)", "", re.sub(r"\bsa\.types\.", "sa.", ours["printed"]))
        ),
        always=False,
    ),
    LeftOut(
        "mass-drops",
        "with change() as (old, new):\n    sa.Table('t', old, sa.Column('a', sa.Integer))",
        as_meant,
    ),
    LeftOut(
        "the reference's text is no Python",
        example("mysql_engine='InnoDB'", dialect="mysql"),
        lambda _, theirs, ours: theirs["classes"][:1] == ["SyntaxError"] and not ours["classes"],
    ),
)


def changed(dialect: str, old: str, new: str, options: str = "") -> str:
    """An example of a table that changes in a database of a dialect."""
    return (
        f"with change({dialect!r}{options}) as (old, new):\n"
        "    sa.Table('r', old, sa.Column('id', sa.Integer, primary_key=True))\n"
        "    sa.Table('r', new, sa.Column('id', sa.Integer, primary_key=True))\n"
        f"    sa.Table('t', old, {old})\n"
        f"    sa.Table('t', new, {new})"
    )


ON_SERVERS = {
    "postgresql": (
        *OF_MODELS,
        LeftOut("casts", changed("postgresql", "sa.Column('a', sa.Double())", "sa.Column('a', sa.Date())"), as_meant),
        LeftOut(
            "unnamed-constraints: by the name that the database gives",
            changed("postgresql", "sa.Column('a', sa.Integer)", "sa.Column('a', sa.Integer, sa.ForeignKey('r.id'))"),
            as_meant,
        ),
    ),
    "mariadb": (
        *OF_MODELS,
        LeftOut(
            "unnamed-constraints: by the name that the database gives",
            changed("mariadb", "sa.Column('a', sa.Integer)", "sa.Column('a', sa.Integer, unique=True)"),
            as_meant,
        ),
        LeftOut(
            "order: an index that a foreign key needs is dropped after it",
            "with change('mariadb') as (old, new):\n"
            "    sa.Table('r', old, sa.Column('id', sa.Integer, primary_key=True))\n"
            "    sa.Table('r', new, sa.Column('id', sa.Integer, primary_key=True))\n"
            "    sa.Table('t', old, sa.Column('a', sa.Integer),\n"
            "        sa.ForeignKeyConstraint(['a'], ['r.id'], name='fk'), sa.UniqueConstraint('a', name='uq'))",
            lambda text, theirs, ours: (
                "ForeignKey" in text
                and "drop_index" in theirs["printed"]
                and "type_='foreignkey'" in ours["printed"]
                and theirs["raised"] is ours["raised"] is None
            ),
        ),
    ),
}
