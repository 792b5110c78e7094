"""The reference, as a process that answers questions: JSON lines in, JSON lines out. Runs under its own Python.

A question is a graph and a list of commands; each command is carried out by the reference on an empty in-memory SQLite
database that has the rows which the command before left (or those the command brings), through its documented API.
The answer says for each command the rows before and after, the steps with the statements on the version table, or
the error.
"""

import json
import re
import sys
import tempfile
import types
import warnings

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap

STATEMENT = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b.*?alembic_version", re.DOTALL)
LITERAL = re.compile(r"'([^']*)'")
MADE = tempfile.TemporaryDirectory(prefix="limbeck-oracle-")
FOLDER = MADE.name
CONFIG = Config()
CONFIG.set_main_option("script_location", FOLDER)
ENGINE = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
TABLE = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))
SEEN = []


@sa.event.listens_for(ENGINE, "before_cursor_execute")
def _note(conn, cursor, statement, parameters, context, executemany):
    if STATEMENT.match(statement):
        SEEN.append([statement.split()[0].lower(), *LITERAL.findall(statement)])


def scalar(value):
    return tuple(value) if isinstance(value, list) else value


def directory(revisions):
    scripts = []
    for revision, down, depends, labels in revisions:
        module = types.ModuleType(revision)
        module.revision, module.down_revision = revision, scalar(down)
        module.depends_on, module.branch_labels = scalar(depends), scalar(labels)
        module.upgrade = module.downgrade = lambda **kw: None
        scripts.append((module, revision))
    script = ScriptDirectory(FOLDER)
    script.revision_map = RevisionMap(lambda: [Script(module, name, f"{FOLDER}/{name}.py") for module, name in scripts])
    return script


def in_database(script, connection, rows, plan, start=None):
    """Run a plan; the steps as [revision, from, to, statements]."""
    steps = []

    def note(*, ctx, step, heads, run_args):
        steps.append(
            [
                step.up_revision_id if not step.is_stamp else None,
                list(step.source_revision_ids),
                list(step.destination_revision_ids),
                list(SEEN),
            ]
        )
        SEEN.clear()

    connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    connection.commit()
    TABLE.create(connection)
    for row in rows:
        connection.execute(TABLE.insert().values(version_num=row))
    connection.commit()
    SEEN.clear()
    with EnvironmentContext(CONFIG, script, fn=plan) as environment:
        environment.configure(connection=connection, on_version_apply=note)
        with environment.begin_transaction():
            environment.run_migrations()
    connection.commit()
    SEEN.clear()
    return steps


def stored(connection):
    rows = sorted(connection.execute(sa.select(TABLE.c.version_num)).scalars())
    connection.commit()
    return rows


def facts(script):
    graph = script.revision_map
    return {
        "heads": list(graph.heads),
        "bases": list(graph.bases),
        "real_heads": list(graph._real_heads),
        "real_bases": list(graph._real_bases),
        "nodes": {
            node.revision: {
                "nextrev": sorted(node.nextrev),
                "all_nextrev": sorted(node._all_nextrev),
                "resolved": sorted(node._resolved_dependencies),
                "normal": sorted(node._normalized_resolved_dependencies),
                "labels": sorted(node.branch_labels),
                "flags": [
                    node.is_head,
                    node._is_real_head,
                    node.is_base,
                    node._is_real_base,
                    node.is_branch_point,
                    node._is_real_branch_point,
                    node.is_merge_point,
                ],
            }
            for node in script.walk_revisions()
        },
    }


def carry_out(script, connection, rows, command):
    verb, *arguments = command
    if verb == "upgrade":
        return in_database(script, connection, rows, lambda heads, ctx: script._upgrade_revs(arguments[0], heads))
    if verb == "downgrade":
        return in_database(script, connection, rows, lambda heads, ctx: script._downgrade_revs(arguments[0], heads))
    if verb == "stamp":
        targets = tuple(arguments[0])
        return in_database(script, connection, rows, lambda heads, ctx: script._stamp_revs(targets, heads))
    if verb == "facts":
        return facts(script)
    if verb == "resolve":
        return [node and node.revision for node in script.revision_map.get_revisions(scalar(arguments[0]))]
    if verb == "current":
        return sorted(node.revision for node in script.get_all_current(tuple(arguments[0])))
    if verb == "lineage":
        targets, against, dependencies = arguments
        found = script.revision_map.filter_for_lineage(
            script.revision_map.get_revisions(tuple(targets)), against, include_dependencies=dependencies
        )
        return [node.revision for node in found]
    if verb == "iterate":
        upper, lower, options = arguments
        return [
            node.revision
            for node in script.revision_map.iterate_revisions(scalar(upper), scalar(lower), **options)
            if node is not None
        ]
    raise ValueError(verb)


def answer(question):
    script = directory(question["graph"])
    rows, found = sorted(question.get("rows", [])), []
    with ENGINE.connect() as connection:
        for command in question["commands"]:
            if command[0] == "rows":
                rows = sorted(command[1])
                continue
            before = rows
            outcome = {"command": command, "before": before}
            try:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    outcome["result"] = carry_out(script, connection, rows, command)
                outcome["warnings"] = [str(each.message) for each in caught]
                if command[0] in {"upgrade", "downgrade", "stamp"}:
                    rows = stored(connection)
                outcome["after"] = rows
            except Exception as error:  # noqa: BLE001 whatever the reference does is the answer
                connection.rollback()
                outcome["error"] = [type(error).__name__, str(error)]
            found.append(outcome)
    return found


def main():
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:  # noqa: BLE001 whatever the reference does is the answer
            reply = {"broken": [type(error).__name__, str(error)]}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
