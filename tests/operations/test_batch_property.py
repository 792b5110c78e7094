# ruff: noqa: E501 - pieces of SQL, one a line
"""Random tables with everything that SQLite's grammar knows, random batches: only what was asked for changes.

The tables are put together from pieces whose text is known, so that no parser judges the parser: every piece that was
not touched must stand in the new text letter by letter, and the PRAGMAs, what hangs on the table, and all rows of all
tables must agree. The reverse batch then leads back to where it began.
"""

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

NAMES = ["a", "b", "c d", "e", "select"]
TYPES = {
    "INTEGER": sa.Integer(),
    "TEXT": sa.Text(),
    "VARCHAR(9)": sa.String(9),
    "NUMERIC(10, 2)": sa.Numeric(10, 2),
    "BLOB": sa.BLOB(),
    "": None,
    "INT UNSIGNED": None,
    "DOUBLE PRECISION": sa.DOUBLE_PRECISION(),
}
STRICT_TYPES = ["INTEGER", "TEXT", "BLOB"]
CLAUSES = [
    "NOT NULL ON CONFLICT ABORT",
    "CONSTRAINT nn_{n} NOT NULL ON CONFLICT REPLACE",
    "COLLATE NOCASE",
    "CONSTRAINT named_{n} UNIQUE ON CONFLICT IGNORE",
    "UNIQUE",
    "CHECK ({q} IS NOT 'x, (y')",
    "CONSTRAINT ck_{n} CHECK (length({q}) < 99 /* , */)",
    "DEFAULT (1 + 1)",
    "DEFAULT 'it''s, -- no comment'",
    "DEFAULT -1.5e3",
    "DEFAULT x'0102'",
    "REFERENCES r (id) ON DELETE SET DEFAULT ON UPDATE SET NULL NOT DEFERRABLE",
    "REFERENCES r ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
    "CONSTRAINT fk_{n} REFERENCES r (id) MATCH FULL ON UPDATE RESTRICT ON DELETE NO ACTION",
]
ONLY_ONCE = ("DEFAULT", "REFERENCES", "NOT NULL", "CONSTRAINT nn", "CONSTRAINT fk", "UNIQUE", "CONSTRAINT named")
KEYS = [
    "id INTEGER PRIMARY KEY AUTOINCREMENT",
    "id INTEGER PRIMARY KEY DESC",
    "id INTEGER NOT NULL PRIMARY KEY ON CONFLICT FAIL",
    '"id" INT PRIMARY KEY',
    "[id] INTEGER CONSTRAINT pk PRIMARY KEY -- the key",
]
TAILS = ["", "", "STRICT", "WITHOUT ROWID", "STRICT, WITHOUT ROWID"]
CONSTRAINTS = [
    "CONSTRAINT u UNIQUE ({0}, {1}) ON CONFLICT REPLACE",
    "UNIQUE ({1} COLLATE NOCASE, id)",
    "CHECK (id <> -1)",
    "CONSTRAINT known CHECK (id IS NOT 'it''s (,)' AND {0} IS NOT -- why\n 'nothing')",
    "FOREIGN KEY ({0}) REFERENCES r (id) ON UPDATE CASCADE",
    "CONSTRAINT fk_self FOREIGN KEY ({1}) REFERENCES t (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
]
BESIDE = {
    "i1": "CREATE INDEX i1 ON t ({1} COLLATE RTRIM DESC)",
    "i2": "CREATE UNIQUE INDEX i2 ON t (id, abs(id)) WHERE id > 0",
    "i3": "CREATE INDEX i3 ON t ({0}, {1} DESC) WHERE {1} IS NOT 'a'",
    "tr1": "CREATE TRIGGER tr1 AFTER INSERT ON t WHEN new.id < 0 BEGIN UPDATE t SET {0} = {1}; END",
    "tr2": "CREATE TRIGGER tr2 BEFORE UPDATE OF {0}, id ON t BEGIN SELECT 1; DELETE FROM r WHERE id < -5; END",
    "v": "CREATE VIEW v AS SELECT id, {0} AS x FROM t WHERE {1} IS NOT 'b'",
    "tr3": "CREATE TRIGGER tr3 AFTER DELETE ON r BEGIN UPDATE t SET {1} = NULL WHERE id = old.id; END",
}
PLAIN = "plain VARCHAR(9) DEFAULT 'd' NOT NULL"
ACTIONS = ["", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON UPDATE CASCADE ON DELETE RESTRICT"]


def quoted(name):
    return name if name.isalnum() and name != "select" else f'"{name}"'


@dataclass
class Drawn:
    """A table in pieces, what hangs on it, its rows, and how the database is used."""

    columns: dict[str, str]
    names: list[str]
    types: dict[str, str]
    constraints: list[str]
    tail: str
    beside: dict[str, str]
    action: str
    rows: list[list[object]]
    enforced: bool
    edition: int | None

    def create(self):
        text = ",\n  ".join(each + "\n" * ("--" in each) for each in [*self.columns.values(), *self.constraints])
        return f"CREATE TABLE t (\n  {text}\n) {self.tail}".strip()


VALUES = st.one_of(
    st.integers(-3, 3),
    st.sampled_from(["", "x", "1", "01", "1.50", "é'\"", "A", "a"]),
    st.binary(max_size=2),
    st.none(),
    st.just(0.1),
)


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True))
    tail = draw(st.sampled_from(TAILS))
    keys = [key for key in KEYS if not ("STRICT" in tail and "INT " in key) and not ("ROWID" in tail and "AUTO" in key)]
    columns, types = {"id": draw(st.sampled_from(keys))}, {}
    for number, name in enumerate(names):
        clauses = draw(
            st.lists(
                st.sampled_from(CLAUSES),
                max_size=3,
                unique_by=lambda each: next((start[-5:] for start in ONLY_ONCE if each.startswith(start)), each),
            )
        )
        types[name] = draw(st.sampled_from(STRICT_TYPES if "STRICT" in tail else list(TYPES)))
        words = [quoted(name), types[name], *(each.format(n=number, q=quoted(name)) for each in clauses)]
        columns[name] = " ".join(filter(None, words))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["STORED", "VIRTUAL"]))
        columns["g"] = f"g INTEGER GENERATED ALWAYS AS (length({quoted(names[0])})) {kind}"
    columns["plain"] = PLAIN.replace("VARCHAR(9)", "TEXT") if "STRICT" in tail else PLAIN
    constraints = draw(st.lists(st.sampled_from(CONSTRAINTS), max_size=3, unique=True))
    beside = draw(st.lists(st.sampled_from(list(BESIDE)), max_size=4, unique=True))
    pair = [quoted(name) for name in names[:2]]
    return Drawn(
        columns,
        names,
        types,
        [each.format(*pair) for each in constraints],
        tail,
        {name: BESIDE[name].format(*pair) for name in beside},
        draw(st.sampled_from(ACTIONS)),
        draw(st.lists(st.lists(VALUES, min_size=len(names), max_size=len(names)), max_size=3)),
        draw(st.booleans()),
        draw(st.sampled_from([2026, 2026, None])),
    )


# --- changes and their reverse ------------------------------------------------------------------------------------------


@dataclass
class Change:
    """Something to do in a batch, and to undo.

    :param touches: columns whose text may be another afterwards.
    :param renamed: columns by their old name, with the new one.
    """

    do: object
    undo: object
    touches: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    cast: bool = False


def nullable(drawn, name, facts):
    notnull = bool(facts[name][1])
    return Change(
        lambda b: b.alter_column(name, nullable=notnull), lambda b: b.alter_column(name, nullable=not notnull), {name}
    )


def default(drawn, name, facts):
    old = facts[name][2]
    given = None if old is None else sa.text(old if re.fullmatch(r"'.*'|[-\d.e]+|x'.*'", old) else f"({old})")
    return Change(
        lambda b: b.alter_column(name, server_default="new"),
        lambda b: b.alter_column(name, server_default=given),
        {name},
    )


def type_(drawn, name, facts):
    old = TYPES[drawn.types[name]]
    new = sa.Text() if "STRICT" in drawn.tail else sa.String(77)
    if old is None or facts[name][0] == "TEXT":
        return nullable(drawn, name, facts)
    return Change(
        lambda b: b.alter_column(name, type_=new), lambda b: b.alter_column(name, type_=old), {name}, cast=True
    )


def rename(drawn, name, facts):
    new = f"new {name}"
    return Change(
        lambda b: b.alter_column(name, new_column_name=new),
        lambda b: b.alter_column(new, new_column_name=name),
        {name},
        {name: new},
    )


def add(drawn, name, facts):
    column = lambda: sa.Column("added", sa.Integer(), server_default="3", nullable=False)  # noqa: E731 one for each call
    return Change(lambda b: b.add_column(column(), insert_after="id"), lambda b: b.drop_column("added"))


def add_unplaced(drawn, name, facts):
    return Change(
        lambda b: b.add_column(sa.Column("added", sa.Integer(), sa.Computed("id + 1", persisted=True))),
        lambda b: b.drop_column("added"),
    )


def drop(drawn, name, facts):
    type_ = sa.Text() if "STRICT" in drawn.tail else sa.String(9)
    before = list(drawn.columns)[-2]
    again = lambda: sa.Column("plain", type_, server_default="d", nullable=False)  # noqa: E731 as above
    return Change(lambda b: b.drop_column("plain"), lambda b: b.add_column(again(), insert_after=before), {"plain"})


def drop_any(drawn, name, facts):
    return Change(lambda b: b.drop_column(name), None, {name})


def check(drawn, name, facts):
    return Change(
        lambda b: b.create_check_constraint("ck_new", "id <> 99 AND 'id' <> ')'"),
        lambda b: b.drop_constraint("ck_new", type_="check"),
    )


def unique(drawn, name, facts):
    return Change(
        lambda b: b.create_unique_constraint("uq_new", ["id", name]),
        lambda b: b.drop_constraint("uq_new", type_="unique"),
    )


def reference(drawn, name, facts):
    return Change(
        lambda b: b.create_foreign_key("fk_new", "r", ["id"], ["id"], ondelete="CASCADE"),
        lambda b: b.drop_constraint("fk_new", type_="foreignkey"),
    )


def index(drawn, name, facts):
    return Change(lambda b: b.create_index("ix_new", [name]), lambda b: b.drop_index("ix_new"))


def nothing(drawn, name, facts):
    return Change(lambda b: None, lambda b: None)


CHANGES = [
    nullable,
    default,
    type_,
    rename,
    add,
    add_unplaced,
    drop,
    drop_any,
    check,
    unique,
    reference,
    index,
    nothing,
]


# --- what is compared ---------------------------------------------------------------------------------------------------


def plain_default(text):
    return text and re.sub(r"^\((.*)\)$", r"\1", text)


def state(connection):
    """The stored texts, the PRAGMAs, and all rows of all tables with the types of their values."""

    def read(sql):
        return [tuple(row) for row in connection.exec_driver_sql(sql)]

    stored = dict(read("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL"))
    columns = {row[1]: (row[2], row[3], plain_default(row[4]), row[5], row[6]) for row in read("PRAGMA table_xinfo(t)")}
    rows = {}
    for table in ("t", "r", "child"):
        names = [quoted(row[1]) for row in read(f"PRAGMA table_xinfo({table})")]
        listed = ", ".join(f"{name}, typeof({name})" for name in names)
        rows[table] = [
            dict(zip(names, zip(row[::2], row[1::2], strict=True), strict=True))
            for row in read(f"SELECT {listed} FROM {table} ORDER BY id")
        ]
    return {
        "stored": stored,
        "columns": columns,
        "references": Counter(row[2:] for row in read("PRAGMA foreign_key_list(t)")),
        "unique": Counter(
            (row[2:], tuple(part[2:] for part in read(f"PRAGMA index_xinfo({quoted(row[1])})") if part[5]))
            for row in read("PRAGMA index_list(t)")
            if row[3] != "c"
        ),
        "rows": rows,
        "sequence": read("SELECT * FROM sqlite_sequence WHERE seq > 0") if "sqlite_sequence" in stored else [],
        "broken": len(read("PRAGMA foreign_key_check")),
        "foreign keys": read("PRAGMA foreign_keys"),
        "legacy": read("PRAGMA legacy_alter_table"),
        "whole": read("PRAGMA integrity_check"),
    }


def fill(connection, drawn):
    """Rows, as far as the table takes them; children of each."""
    listed = ", ".join(map(quoted, ["id", *drawn.names]))
    marks = ", ".join("?" * (len(drawn.names) + 1))
    for number, values in enumerate([*drawn.rows, [1] * len(drawn.names), ["7"] * len(drawn.names)], start=1):
        try:
            connection.exec_driver_sql(f"INSERT INTO t ({listed}) VALUES ({marks})", (number, *values))
            connection.exec_driver_sql("INSERT INTO child VALUES (?, ?)", (number, number))
        except sa.exc.DBAPIError:
            continue
    connection.exec_driver_sql("DELETE FROM child WHERE id = 2")
    with suppress(sa.exc.DBAPIError):  # another row may refer to it
        connection.exec_driver_sql("DELETE FROM t WHERE id = 2")


def batch(connection, drawn, changes, **parameters):
    """Whether the batch was carried out."""
    before = state(connection)
    connection.commit()
    operations = Operations(MigrationContext.configure(connection, opts={"edition": drawn.edition}))
    try:
        with operations.batch_alter_table("t", **parameters) as batch_op:
            for change in changes:
                change(batch_op)
    except (CommandError, sa.exc.SQLAlchemyError, ValueError):
        pass
    else:
        return True
    assert state(connection) == before
    return False


def run(drawn, chosen, recreate, seen=None):
    seen = Counter() if seen is None else seen
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if drawn.enforced else 'OFF'}")
        connection.exec_driver_sql("CREATE TABLE r (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO r VALUES (1), (2), (3), (7)")
        connection.exec_driver_sql(drawn.create())
        connection.exec_driver_sql(
            f"CREATE TABLE child (id INTEGER PRIMARY KEY, t_id REFERENCES t (id) {drawn.action})"
        )
        fill(connection, drawn)
        for sql in drawn.beside.values():
            connection.exec_driver_sql(sql)
        try:
            connection.commit()
        except sa.exc.IntegrityError:  # what is deferred is refused now
            return
        before = state(connection)
        names = iter(drawn.names)
        changes = [kind(drawn, next(names), before["columns"]) for kind in chosen]
        if not batch(connection, drawn, [each.do for each in changes], recreate=recreate):
            seen["refused"] += 1
            return
        seen["done"] += 1
        after = state(connection)
        compare(drawn, changes, before, after)
        if drawn.edition is None or any(each.undo is None for each in changes):
            return
        recreate = "always" if drop in chosen or add in chosen else recreate  # a column's place needs that
        if batch(connection, drawn, [each.undo for each in reversed(changes)], recreate=recreate):
            seen["undone"] += 1
            compare_first(drawn, changes, before, state(connection))
        else:
            seen["not undone"] += 1


def compare(drawn, changes, before, after):
    """Rows always; in an edition, the schema too."""
    renamed = {old: new for each in changes for old, new in each.renamed.items()}
    cast = {quoted(name) for each in changes if each.cast for name in each.touches}
    kept = [
        name for name in before["columns"] if renamed.get(name, name) in after["columns"] and quoted(name) not in cast
    ]
    assert after["rows"]["r"] == before["rows"]["r"]
    assert after["rows"]["child"] == before["rows"]["child"]
    assert [[row[quoted(renamed.get(name, name))] for name in kept] for row in after["rows"]["t"]] == [
        [row[quoted(name)] for name in kept] for row in before["rows"]["t"]
    ]
    assert not [name for name in after["stored"] if name.startswith("_alembic_tmp")]
    for each in ("foreign keys", "legacy", "whole"):
        assert after[each] == before[each]
    if drawn.edition is None:
        return
    assert after["broken"] == before["broken"] or (not drawn.enforced and "fk_new" in after["stored"]["t"])
    touched = {name for each in changes for name in each.touches}
    for name, piece in drawn.columns.items():
        if name not in touched:
            assert after["columns"][name] == before["columns"][name]
            assert renamed or piece.rstrip() in after["stored"]["t"]
    dropped = before["columns"].keys() - after["columns"].keys() - renamed.keys()
    if renamed or dropped:
        return
    assert all(piece in after["stored"]["t"] for piece in drawn.constraints)
    assert before["references"] <= after["references"]
    assert before["unique"] <= after["unique"]
    assert after["sequence"] == before["sequence"]
    for name, sql in before["stored"].items():
        assert name == "t" or after["stored"][name] == sql


def compare_first(drawn, changes, first, last):
    """Everything is as it was before the batch; the words of touched columns, and quotes, may be others."""
    cast = {quoted(name) for each in changes if each.cast for name in each.touches}

    def rows(of):
        return [{name: value for name, value in row.items() if name not in {*cast, "plain"}} for row in of["rows"]["t"]]

    assert rows(last) == rows(first)
    for each in ("columns", "references", "unique", "sequence", "broken", "foreign keys", "legacy", "whole"):
        assert last[each] == first[each], each
    assert list(last["columns"]) == list(first["columns"])

    def spelled(of):
        return {name: re.sub(r'[\s"]', "", sql) for name, sql in of["stored"].items()}

    touched = {name for each in changes for name in each.touches if not each.renamed and name != "plain"}
    if not touched:
        assert {**spelled(last), "t": ""} == {**spelled(first), "t": ""}
        for piece in [*drawn.columns.values(), *drawn.constraints]:
            assert re.sub(r'[\s"]', "", piece) in spelled(last)["t"]


EXAMPLES = {
    "drawn": tables(),
    "chosen": st.lists(st.sampled_from(CHANGES), min_size=1, max_size=2, unique=True),
    "recreate": st.sampled_from(["always", "auto"]),
}
QUIET = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning", "ignore::limbeck.errors.LimbeckWarning")


@QUIET
@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(**EXAMPLES)
def test_only_what_was_asked_for_changes(drawn, chosen, recreate):
    run(drawn, chosen, recreate)


@pytest.mark.campaign
@QUIET
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(**EXAMPLES)
def test_only_what_was_asked_for_changes_at_length(drawn, chosen, recreate):
    run(drawn, chosen, recreate)
