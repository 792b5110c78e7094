"""Where each of the runtime's failures (R1 to R21 of ``failures.md``) is shown not to happen.

R5, R7 and R12's history need a record of runs, which a later issue brings.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from project import Project, table

from limbeck.errors import CommandError

SHOWN = {
    "R1": [
        "runtime/test_transactions.py::test_a_transaction_that_a_statement_of_env_began_is_committed_with_the_run",
        "runtime/test_transactions.py::test_a_transaction_that_was_handed_in_is_never_committed",
    ],
    "R2": [
        "runtime/test_transactions.py::test_the_block_in_somebody_elses_transaction_is_refused_in_words",
        "runtime/test_transactions.py::test_the_block_works_after_a_statement_of_env",
    ],
    "R3": [
        "runtime/test_concurrency.py::test_sixteen_threads_on_sixteen_databases",
        "runtime/test_concurrency.py::test_sixteen_tasks_on_sixteen_databases",
    ],
    "R4": [
        "runtime/test_concurrency.py::test_eight_processes_upgrade_an_empty_database_at_once_twenty_times",
        "runtime/test_concurrency.py::test_eight_processes_under_the_edition",
    ],
    "R6": ["runtime/test_failures.py::test_one_id_in_two_files_runs_neither", "graph/test_faults.py"],
    "R8": [
        "runtime/test_version_table.py::test_a_new_table_is_wide_enough_for_the_longest_id",
        "runtime/test_version_table.py::test_an_id_that_the_column_does_not_hold_is_refused_before_anything_runs",
    ],
    "R9": [
        "runtime/test_environment.py::test_an_unknown_keyword_is_kept_with_a_warning",
        "runtime/test_environment.py::test_an_unknown_keyword_is_an_error_under_the_edition",
        "runtime/test_environment.py::test_what_a_plugin_declares_is_known",
    ],
    "R10": [
        "runtime/test_journal.py::test_after_a_first_statement_the_rest_can_be_mended_and_run_again",
        "runtime/test_journal.py::test_what_several_statements_left_is_told_before_anything_runs",
        "runtime/test_transactions.py::test_a_failing_revision_leaves_nothing_behind_on_sqlite_under_the_edition",
        "runtime/test_transactions.py::test_a_failure_says_what_is_committed_already",
    ],
    "R11": [
        "runtime/test_journal.py::test_what_stood_before_a_block_that_failed_is_told_by_the_next_run",
        "runtime/test_journal.py::test_a_concurrent_index_that_a_dead_run_left_invalid_is_made_anew",
        "runtime/test_transactions.py::test_a_failure_after_an_autocommit_block_says_what_it_committed",
    ],
    "R13": [
        "runtime/test_failures.py::test_a_value_added_to_an_enum_is_used_by_the_next_revision",
        "operations/test_enums.py::test_a_new_value_can_be_used_in_the_same_run",
    ],
    "R14": ["runtime/test_version_table.py::test_current_shows_the_unknown_row"],
    "R15": ["runtime/test_failures.py::test_a_file_that_cannot_be_imported_stops_at_itself"],
    "R16": ["runtime/test_asyncio.py::test_the_env_of_the_references_async_template"],
    "R17": ["runtime/test_environment.py::test_a_command_leaves_the_applications_loggers_alone"],
    "R18": ["runtime/test_environment.py::test_a_percent_sign_in_a_url", "config/test_sources.py::test_percent_signs"],
    "R19": ["runtime/test_environment.py::test_reading_a_result_offline_says_what_to_do"],
    "R20": [
        "runtime/test_asyncio.py::test_asyncpg_with_an_autocommit_block_and_a_second_open_transaction_does_not_hang",
        "runtime/test_transactions.py::test_an_index_is_built_concurrently_in_the_middle_of_a_run",
    ],
    "R21": [
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
    """R6."""
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
    """R13: under the edition each revision has a transaction; without it the block commits the value."""
    project = make("postgresql", edition)
    project.script("a1", None, "op.execute(\"CREATE TYPE mood AS ENUM ('sad')\")")
    project.script("a2", "a1", add)
    project.script("a3", "a2", "op.execute(\"CREATE TABLE t AS SELECT 'glad'::mood AS m\")")
    project.upgrade()
    assert project.column("SELECT m::text FROM t") == ["glad"]


def test_a_file_that_cannot_be_imported_stops_at_itself(modern: Project) -> None:
    """R15: what stands before it runs, and the error names the file; a stray file is no revision."""
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
