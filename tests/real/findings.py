"""What a review finds in the histories of this folder, by rule, each kind of finding looked at.

Of projects from PyPI in the releases of their last run: a newer one may have more revisions.
"""

FINDINGS: dict[str, dict[str, int]] = {
    "shop on sqlite": {"batch-rebuilds-table": 2, "drop-column": 1, "write-without-where": 1},
    "shop on postgresql": {
        "backfill-under-lock": 1,
        "drop-column": 1,
        "foreign-key-reads-rows": 1,
        "foreign-key-without-index": 1,
        "set-not-null-reads-rows": 1,
        "write-without-where": 1,
    },
    "shop on mariadb": {
        "alter-copies-table": 1,
        "ddl-commits-rows": 1,
        "drop-column": 1,
        "rest-not-reviewed": 1,
        "several-ddl-commits": 4,
        "write-without-where": 1,
    },
    "scripts that read on sqlite": {
        "batch-rebuilds-table": 1,
        "drop-column": 1,
        "message-says-nothing": 12,
        "no-way-back": 9,
        "not-null-unfilled": 1,
        "old-writers-refused": 1,
        "rename-table": 1,
        "rest-not-reviewed": 1,
        "rows-may-not-fit": 1,
        "sql-of-values": 2,
        "write-without-where": 1,
    },
    "a table unknown on sqlite": {
        "batch-rebuilds-table": 2,
        "message-says-nothing": 5,
        "no-way-back": 4,
        "not-null-unfilled": 2,
        "old-writers-refused": 2,
        "rows-may-not-fit": 2,
    },
}
"""By history and database, the number of findings of each rule."""

JUDGED = {
    "alter-copies-table": "Right: other types, and foreign keys while these are checked.",
    "backfill-under-lock": "Right: the UPDATE follows an ALTER TABLE of the same table in one transaction.",
    "batch-rebuilds-table": "Right: the batch writes the table anew.",
    "ddl-commits-rows": "Right: rows are written between ALTER TABLEs.",
    "drop-column": "Right: values go, and no review sees that nobody reads them any more.",
    "foreign-key-reads-rows": "Right: none is NOT VALID; of a new column no row is read, and the message says so.",
    "foreign-key-without-index": "Right: the database and the revision have no index that begins with these columns.",
    "message-says-nothing": "Right: the docstring is missing, or 'empty message'.",
    "no-way-back": "Right: downgrade() is missing, as all over OpenStack, or empty.",
    "not-null-unfilled": "Right: nothing has filled the column.",
    "old-writers-refused": "Right: constraints on columns that are written already.",
    "rename-table": "Right.",
    "rest-not-reviewed": "Right: the script reads rows, or looks at tables, and cannot go on without them.",
    "rows-may-not-fit": "Right: the query gives the rows that would stop it.",
    "set-not-null-reads-rows": "Right: no valid check says it before.",
    "several-ddl-commits": "Right: each statement commits by itself.",
    "sql-of-values": "Right: numbers that a SELECT gave are formatted into the statement.",
    "write-without-where": "Right: all rows are meant, as far as a review can see.",
}
"""Whether the findings of a rule are right, where they were looked at."""
