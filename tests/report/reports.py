"""Reports made up of values, as large as a test wants them."""

from __future__ import annotations

from limbeck.results import (
    ColumnDescription,
    ForeignKeyDescription,
    GraphLine,
    GraphResult,
    GraphRow,
    LintFinding,
    PlannedAction,
    RehearsedHistory,
    RehearsedRevision,
    ReportResult,
    RevisionEntry,
    RevisionSource,
    SchemaDescription,
    SchemasResult,
    TableChange,
    TableDescription,
)

AUTHORS = ("Ada Byron", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov")
SUBJECTS = ("orders", "invoices", "customers", "parcels", "returns", "prices", "suppliers", "stock")


def name(number: int) -> str:
    """The id of a revision."""
    return f"{number * 2654435761 % 2**48:012x}"


def table(number: int, more: int = 0) -> TableDescription:
    """A table that refers to an earlier one."""
    columns = [ColumnDescription("id", "INTEGER", nullable=False), ColumnDescription("label", "VARCHAR(120)", True)]
    columns += [ColumnDescription(f"amount_{at}", "NUMERIC(12, 2)", nullable=at % 2 == 0) for at in range(6 + more)]
    keys = []
    if number % 7:
        to = number - number % 7 if number % 3 else number // 7 * 7 // 49 * 49
        columns.append(ColumnDescription("parent_id", "INTEGER", nullable=True))
        keys.append(ForeignKeyDescription(f"fk_t{number}", ("parent_id",), table_name(to), None, ("id",)))
    return TableDescription(table_name(number), None, tuple(columns), ("id",), tuple(keys))


def table_name(number: int) -> str:
    return f"{SUBJECTS[number % 8]}_{number}"


def large(revisions: int, tables: int) -> ReportResult:
    """A history with a side branch every tenth revision, each merged ten revisions later, and its schema."""
    rows, does, sources = [], [], []
    for at in range(revisions):
        number = revisions - 1 - at  # newest first
        on_side = number % 10 in (4, 5, 6)
        parents = [number - 1, number - 4] if number % 10 == 7 else [number - 1] if number else []
        doc = f"{'add' if number % 3 else 'change'} {SUBJECTS[number % 8]} of kind {number}"
        entry = RevisionEntry(
            name(number),
            tuple(map(name, parents)),
            (),
            ("billing",) if on_side else (),
            doc,
            f"/srv/app/migrations/versions/{name(number)}_change.py",
            is_head=at == 0,
            is_merge_point=len(parents) > 1,
            date=f"20{16 + number * 10 // revisions}-{number % 12 + 1:02}-{number % 28 + 1:02} 10:00:00",
            author=AUTHORS[number % 4],
            longdoc=f"{doc}\n\nWhy this was done stands here.",
        )
        lines = [
            GraphLine(name(one), "parent", 1 if on_side or (len(parents) > 1 and not n) else 0)
            for n, one in enumerate(parents)
        ]
        rows.append(GraphRow(entry, 1 if on_side else 0, tuple(lines), ("billing",) if number % 10 == 4 else ()))
        sources.append(
            RevisionSource(
                name(number),
                f'"""{doc}"""\n\nfrom limbeck import op\n\n\ndef upgrade() -> None:\n    op.add_column()\n',
            )
        )
        changed = number % tables
        does.append(
            RehearsedRevision(
                name(number),
                (
                    PlannedAction(
                        f"add column {table_name(changed)}.amount",
                        "add_column()",
                        None,
                        8,
                        (f"ALTER TABLE {table_name(changed)} ADD COLUMN amount NUMERIC(12, 2)",),
                        (),
                        True,
                    ),
                ),
                (),
                (),
                (LintFinding("no-lock-timeout", "warning", "x.py", 8, name(number), "It may wait.", None, False),)
                if number % 50 == 0
                else (),
                (TableChange(table(changed), table(changed, more=1)),),
            )
        )
    schema = SchemaDescription("postgresql://app@db/shop", "postgresql", tuple(map(table, range(tables))))
    return ReportResult(
        "warehouse",
        "2026-11-30T10:00:00Z",
        GraphResult(tuple(rows)),
        tuple(sources),
        (RehearsedHistory("postgresql://app@db/shop", "postgresql", tuple(reversed(does))),),
        (SchemasResult("heads", (schema,)),),
        None,
        None,
        None,
        (),
    )
