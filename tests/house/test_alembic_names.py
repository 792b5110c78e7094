"""``import alembic`` means Limbeck: one table, nothing copied."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


def python(script: str) -> subprocess.CompletedProcess[str]:
    """Run ``script`` in a process of its own, since it changes what imports mean."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False, timeout=60
    )


def passes(script: str) -> None:
    done = python(script)
    assert done.returncode == 0, done.stderr


def test_identity_holds() -> None:
    passes("""
        import limbeck
        limbeck.install_as_alembic()
        limbeck.install_as_alembic()
        import alembic, alembic.op, alembic.context, limbeck.op, limbeck.context
        from alembic import op, context
        from alembic.config import Config
        from alembic.runtime.migration import MigrationContext
        from alembic.migration import MigrationContext as Older
        from alembic.script import ScriptDirectory
        from alembic.util.exc import CommandError
        import limbeck.config, limbeck.runtime.migration, limbeck.script, limbeck.errors
        assert alembic.op is limbeck.op is op and alembic.context is limbeck.context is context
        assert Config is limbeck.config.Config
        assert MigrationContext is Older is limbeck.runtime.migration.MigrationContext
        assert ScriptDirectory is limbeck.script.ScriptDirectory
        assert CommandError is limbeck.errors.CommandError
        assert alembic.__version__ == "1.20.1"
    """)


def test_our_modules_stay_what_they_are() -> None:
    passes("""
        import limbeck
        limbeck.install_as_alembic()
        import alembic.operations, limbeck.operations
        assert limbeck.operations.__name__ == limbeck.operations.__spec__.name == "limbeck.operations"
        assert limbeck.operations.__package__ == "limbeck.operations"
        import importlib
        importlib.import_module("limbeck.operations.ops")
    """)


def test_star_import_gives_what_the_table_lists() -> None:
    passes("""
        import limbeck
        limbeck.install_as_alembic()
        from alembic.config import *
        Config, CommandLine, main
    """)


def test_a_name_that_nobody_has_is_an_attribute_error() -> None:
    done = python("""
        import limbeck
        limbeck.install_as_alembic()
        import alembic.util
        alembic.util.no_such_thing
    """)
    assert "module 'alembic.util' has no attribute 'no_such_thing'" in done.stderr


def test_an_imported_alembic_is_not_exchanged() -> None:
    done = python("""
        import sys, types
        sys.modules["alembic"] = types.ModuleType("alembic")
        import limbeck
        limbeck.install_as_alembic()
    """)
    assert "alembic is imported already" in done.stderr


def test_every_module_and_every_name_of_the_table_is_there() -> None:
    passes("""
        import importlib
        import limbeck
        limbeck.install_as_alembic()
        from limbeck.alembic_places import GATHERED, SAME
        for old, new in SAME.items():
            assert importlib.import_module(old) is importlib.import_module(new), old
        lacking = [
            f"{old}.{name}"
            for old, names in GATHERED.items()
            for name in names
            if not hasattr(importlib.import_module(old), name)
        ]
        assert lacking == [], lacking
    """)


@pytest.mark.parametrize(
    "statement",
    [
        "from alembic.script import base, revision, write_hooks",
        "from alembic.ddl import base, impl, mysql, postgresql, sqlite",
        "from alembic.runtime import environment, migration, plugins",
        "from alembic.util import exc, langhelpers, messaging, sqla_compat",
        "from alembic.operations import base, batch, ops, schemaobj, toimpl",
        "import alembic; alembic.script.revision.RevisionMap, alembic.util.exc.CommandError",
    ],
)
def test_packages_hand_out_their_modules(statement: str) -> None:
    passes(f"import limbeck; limbeck.install_as_alembic()\n{statement}")


def environment(folder: Path) -> None:
    """One revision and an env.py that say `alembic`."""
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (folder / "migrations" / "env.py").write_text(
        textwrap.dedent("""
            import alembic, limbeck.op
            from alembic import context, op
            from alembic.migration import MigrationContext
            from sqlalchemy import create_engine

            assert op is limbeck.op
            with create_engine("sqlite:///a.db").connect() as connection:
                context.configure(connection=connection)
                assert isinstance(context.get_context(), MigrationContext)
                with context.begin_transaction():
                    context.run_migrations()
        """)
    )
    (folder / "migrations" / "versions" / "a1.py").write_text(
        "from alembic import op\nrevision, down_revision = 'a1', None\ndef upgrade(): op.execute('CREATE TABLE t (a)')"
    )


def command(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    line, environ = [sys.executable, *words], {**os.environ, **variables}
    return subprocess.run(line, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60)


def test_the_command_stands_before_an_alembic_that_is_installed(tmp_path: Path) -> None:
    """`limbeck` where the reference is on the path too: env.py gets ours, and the reference is never imported."""
    environment(tmp_path)
    (tmp_path / "path" / "alembic").mkdir(parents=True)
    (tmp_path / "path" / "alembic" / "__init__.py").write_text("raise RuntimeError('the other one was imported')")
    done = command(tmp_path, "-m", "limbeck", "upgrade", "head", PYTHONPATH=str(tmp_path / "path"))
    assert done.returncode == 0, done.stderr


def test_the_command_where_alembic_is_imported_already(tmp_path: Path) -> None:
    environment(tmp_path)
    script = "import sys, types; sys.modules['alembic'] = types.ModuleType('alembic'); import limbeck.cli as cli; "
    done = command(tmp_path, "-c", script + "cli.main(['upgrade', 'head'])")
    assert done.returncode == 3
    first, second = done.stderr.splitlines()
    assert first.startswith("error[alembic-imported]: alembic is imported already")
    assert second.startswith("  hint: call limbeck.install_as_alembic() before")


def test_a_program_that_calls_commands_by_their_old_names(tmp_path: Path) -> None:
    environment(tmp_path)
    script = """
        import limbeck; limbeck.install_as_alembic(); limbeck.install_as_alembic()
        import sys
        assert sum(type(finder).__module__ == "limbeck.alembic_names" for finder in sys.meta_path) == 1
        from alembic import command, config
        command.upgrade(config.Config("alembic.ini"), "head")
        config.main(argv=["current"], prog="alembic")
    """
    done = command(tmp_path, "-c", textwrap.dedent(script))
    assert (done.returncode, done.stdout) == (0, "a1 (head)\n"), done.stderr
