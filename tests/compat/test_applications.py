"""Applications that import `alembic` by themselves: commands from code, their own Config and command line."""

from __future__ import annotations

from pathlib import Path

from installed import Installed, write
from shop import environment, revision

HISTORY = (
    revision(
        "a1",
        None,
        up='op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))',
        undo='op.drop_table("t")',
    ),
    revision("a2", "a1", up='op.add_column("t", sa.Column("x", sa.Integer))', undo='op.drop_column("t", "x")'),
)
MODELS = """
    import sqlalchemy as sa
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
    """


def project(folder: Path) -> Path:
    return write(folder, environment("sqlite:///a.db", MODELS, *HISTORY))


def test_an_application_migrates_itself_when_it_starts(either: Installed, tmp_path: Path) -> None:
    """Config from code, a subclass of it, a connection of the application's, output into a buffer, errors caught."""
    either.passes(
        """
        import io, os
        import sqlalchemy as sa
        from alembic import command
        from alembic.config import Config
        from alembic.runtime.migration import MigrationContext
        from alembic.script import ScriptDirectory
        from alembic.script.revision import ResolutionError
        from alembic.util.exc import CommandError

        class AppConfig(Config):
            def get_template_directory(self):
                return os.path.join(super().get_template_directory())

            @property
            def is_ours(self):
                return True

        said = io.StringIO()
        config = AppConfig(stdout=said)
        config.set_main_option("script_location", "migrations")
        config.set_main_option("sqlalchemy.url", "sqlite:///a.db")
        config.set_main_option("path_separator", "os")
        config.set_main_option("prepend_sys_path", ".")
        config.attributes["configure_logger"] = False
        assert config.is_ours and config.get_main_option("sqlalchemy.url") == "sqlite:///a.db"

        engine = sa.create_engine("sqlite:///a.db")
        script = ScriptDirectory.from_config(config)

        def pending():
            with engine.connect() as connection:
                heads = MigrationContext.configure(connection).get_current_heads()
            return [r.revision for r in script.iterate_revisions("heads", heads)]

        assert pending() == ["a2", "a1"]
        config.attributes["connection"] = engine  # env.py uses what it is given
        command.upgrade(config, "a1")
        assert pending() == ["a2"]
        command.upgrade(config, "head")
        assert pending() == []
        command.check(config)
        command.current(config, verbose=False)
        assert said.getvalue().endswith("a2 (head)\\n"), said.getvalue()
        said.truncate(0), said.seek(0)
        command.history(config, rev_range="a1:a2")
        assert [line.strip() for line in said.getvalue().splitlines()] == ["a1 -> a2 (head), a2", "<base> -> a1, a1"]
        for wrong in (lambda: command.upgrade(config, "zz"), lambda: script.get_revision("zz")):
            try:
                wrong()
            except CommandError as error:
                assert "Can't locate revision" in str(error), error
            else:
                raise SystemExit("no error")
        assert isinstance(script.get_revision("a1").module.upgrade, type(pending))
        command.downgrade(config, "base")
        assert pending() == ["a2", "a1"]
        """,
        cwd=project(tmp_path),
    )


def test_a_command_line_of_the_applications_own(either: Installed, tmp_path: Path) -> None:
    """A subclass with another option and another command, `register_command`, and `main` with explicit arguments."""
    either.passes(
        """
        import io, sys
        from alembic import command
        from alembic.config import CommandLine, Config, main

        seen = []

        def count(config, revision, verbose=False):
            '''Count what leads to a revision.

            More.
            '''
            from alembic.script import ScriptDirectory
            script = ScriptDirectory.from_config(config)
            seen.append([len(list(script.walk_revisions("base", revision))), verbose])

        class Line(CommandLine):
            def main(self, argv=None):
                options = self.parser.parse_args(argv)
                seen.append(options.tenant)
                config = Config(file_=options.config[0] if options.config else "alembic.ini", cmd_opts=options)
                config.set_main_option("tenant", options.tenant or "")
                self.run_cmd(config, options)

        line = Line(prog="app")
        line.parser.add_argument("--tenant")
        line.register_command(count)
        line.main(["--tenant", "acme", "count", "head", "-v"])
        line.main(["-c", "alembic.ini", "upgrade", "a1"])
        assert seen == ["acme", [2, True], None], seen

        options = line.parser.parse_args(["stamp", "a1", "--purge"])
        assert options.cmd[0] is command.stamp and options.revisions == ["a1"] and options.purge is True
        assert set(line.subparsers.choices) >= {"count", "upgrade", "heads"}

        main(["--raiseerr", "upgrade", "head"], prog="app")
        main(argv=["-q", "current"])
        try:
            main(["upgrade", "zz"])
        except SystemExit as ended:
            assert ended.code not in (None, 0)
        else:
            raise SystemExit("no exit")
        """,
        cwd=project(tmp_path),
    )
