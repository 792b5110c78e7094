"""What is known to go wrong in runs of the reference, and the tests that show that it does not here."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from project import Project, table

from limbeck.errors import CommandError

SHOWN = {
    "a statement of env.py before configure(), and nothing is committed": [
        "runtime/test_transactions.py::test_a_transaction_that_a_statement_of_env_began_is_committed_with_the_run",
        "runtime/test_transactions.py::test_a_transaction_that_was_handed_in_is_never_committed",
    ],
    "the same, and autocommit_block() asserts": [
        "runtime/test_transactions.py::test_the_block_in_a_transaction_of_the_caller_is_refused_in_words",
        "runtime/test_transactions.py::test_the_block_works_after_a_statement_of_env",
    ],
    "threads cross databases": [
        "runtime/test_concurrency.py::test_sixteen_threads_on_sixteen_databases",
        "runtime/test_concurrency.py::test_sixteen_tasks_on_sixteen_databases",
    ],
    "several processes at once": [
        "runtime/test_concurrency.py::test_eight_processes_upgrade_an_empty_database_at_once_twenty_times",
        "runtime/test_concurrency.py::test_eight_processes_under_the_edition",
    ],
    "one revision id in two files": [
        "runtime/test_failures.py::test_one_id_in_two_files_runs_neither",
        "graph/test_faults.py",
    ],
    "a revision id longer than the version column": [
        "runtime/test_version_table.py::test_a_new_table_is_wide_enough_for_the_longest_id",
        "runtime/test_version_table.py::test_an_id_that_the_column_does_not_hold_is_refused_before_anything_runs",
    ],
    "an unknown keyword of configure()": [
        "runtime/test_environment.py::test_an_unknown_keyword_is_kept_with_a_warning",
        "runtime/test_environment.py::test_an_unknown_keyword_is_an_error_under_the_edition",
        "runtime/test_environment.py::test_what_a_plugin_declares_is_known",
    ],
    "half of a revision stays where DDL commits, and the next run says 'already exists'": [
        "runtime/test_journal.py::test_after_a_first_statement_the_rest_can_be_mended_and_run_again",
        "runtime/test_journal.py::test_what_several_statements_left_is_told_before_anything_runs",
        "runtime/test_transactions.py::test_a_failing_revision_leaves_nothing_behind_on_sqlite_under_the_edition",
        "runtime/test_transactions.py::test_a_failure_says_what_is_committed_already",
    ],
    "the same after autocommit_block()": [
        "runtime/test_journal.py::test_what_stood_before_a_block_that_failed_is_told_by_the_next_run",
        "runtime/test_journal.py::test_a_concurrent_index_that_a_dead_run_left_invalid_is_made_anew",
        "runtime/test_transactions.py::test_a_failure_after_an_autocommit_block_says_what_it_committed",
    ],
    "a new value of an enum, used in the same run": [
        "runtime/test_failures.py::test_a_value_added_to_an_enum_is_used_by_the_next_revision",
        "operations/test_enums.py::test_a_new_value_can_be_used_in_the_same_run",
    ],
    "a version row that this checkout lacks": ["runtime/test_version_table.py::test_current_shows_the_unknown_row"],
    "a file that cannot be imported": ["runtime/test_failures.py::test_a_file_that_cannot_be_imported_stops_at_itself"],
    "asyncio.run() within a running loop": ["runtime/test_asyncio.py::test_the_env_of_the_references_async_template"],
    "loggers of the application disabled": [
        "runtime/test_environment.py::test_a_command_leaves_the_applications_loggers_alone"
    ],
    "a percent sign in a URL": [
        "runtime/test_environment.py::test_a_percent_sign_in_a_url",
        "config/test_sources.py::test_percent_signs",
    ],
    "a result read offline": ["runtime/test_environment.py::test_reading_a_result_offline_says_what_to_do"],
    "asyncpg, autocommit_block() and a second open transaction hang": [
        "runtime/test_asyncio.py::test_asyncpg_with_an_autocommit_block_and_a_second_open_transaction_does_not_hang",
        "runtime/test_transactions.py::test_an_index_is_built_concurrently_in_the_middle_of_a_run",
    ],
    "rows of branches and dependencies": [
        "runtime/test_version_table.py::test_rows_of_a_branch_and_its_merge",
        "runtime/test_version_table.py::test_a_row_that_another_depends_on_is_taken_over_and_comes_back",
    ],
}


@pytest.mark.parametrize("place", [place for places in SHOWN.values() for place in places])
def test_what_the_table_names_is_there(place: str) -> None:
    file, _, name = place.partition("::")
    tree = ast.parse((Path(__file__).parents[1] / file).read_text())
    assert not name or name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_one_id_in_two_files_runs_neither(project: Project) -> None:
    project.line("a1", "a2")
    (project.root / "m" / "versions" / "copy.py").write_text((project.root / "m" / "versions" / "a2.py").read_text())
    with pytest.raises(CommandError) as error:
        project.upgrade()
    assert error.value.code == "duplicate-revision"
    assert (project.rows(), project.tables()) == (None, [])


@pytest.mark.parametrize(
    ("edition", "add"),
    [
        (2026, "op.execute(\"ALTER TYPE mood ADD VALUE 'glad'\")"),
        (None, "with op.get_context().autocommit_block():\n    op.execute(\"ALTER TYPE mood ADD VALUE 'glad'\")"),
    ],
)
def test_a_value_added_to_an_enum_is_used_by_the_next_revision(
    make: Callable[..., Project], edition: int | None, add: str
) -> None:
    """Under the edition each revision has a transaction; without it the block commits the value."""
    project = make("postgresql", edition)
    project.script("a1", None, "op.execute(\"CREATE TYPE mood AS ENUM ('sad')\")")
    project.script("a2", "a1", add)
    project.script("a3", "a2", "op.execute(\"CREATE TABLE t AS SELECT 'glad'::mood AS m\")")
    project.upgrade()
    assert project.column("SELECT m::text FROM t") == ["glad"]


def test_a_file_that_cannot_be_imported_stops_at_itself(modern: Project) -> None:
    """The error names the file, before anything runs; a stray file is no revision."""
    modern.line("a1", "a2")
    broken = modern.root / "m" / "versions" / "a2.py"
    broken.write_text("import no_such_module\n" + broken.read_text())
    (modern.root / "m" / "versions" / "stray.py").write_text("import nothing_either\n")
    with pytest.raises(CommandError) as error:
        modern.upgrade()
    assert error.value.file == str(broken)
    assert modern.run("heads")[0] == 0
    broken.write_text(broken.read_text().partition("\n")[2])
    modern.upgrade()
    assert modern.rows() == ["a2"]


def test_a_clean_up_that_fails_too_does_not_hide_what_failed(modern: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dialect's end of a run needs the session that the failure has spoilt."""
    from limbeck.ddl.impl import DefaultImpl

    modern.script("a1", None, table("t") + '\nop.execute("SELECT * FROM the_real_failure")')
    modern.configure()

    def spoilt(impl: DefaultImpl, connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT * FROM the_clean_up")

    monkeypatch.setattr(DefaultImpl.get_by_dialect(sa.make_url(modern.url).get_dialect()()), "end_run", spoilt)
    with pytest.raises(sa.exc.DBAPIError, match="the_real_failure"):
        modern.upgrade()
    modern.script("a1", None, table("t"))
    with pytest.raises(sa.exc.DBAPIError, match="the_clean_up"):
        modern.upgrade()
