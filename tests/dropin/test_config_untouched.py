"""A program that goes on with its Config after a command finds in it what it finds there under Alembic."""

from __future__ import annotations

import pytest
from side_by_side import Both

SETUP = """
    import io, os
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    def shown(config):
        parser = config.file_config
        sections = {name: sorted(parser.items(name, raw=True)) for name in parser.sections()}
        names = (
            "config_file_name", "toml_file_name", "config_ini_section", "cmd_opts", "config_args", "attributes",
            "toml_args",
        )
        return sections, {name: getattr(config, name) for name in names}, dict(config.toml_alembic_config)

    def lasting(config):
        script = ScriptDirectory.from_config(config)
        return script.dir, script.get_heads()
    """

INIT = (
    'config = Config("new.ini")\ncommand.init(config, "one")',
    "lasting(config), shown(config)",
    'config = Config("other.ini", toml_file="pyproject.toml")\ncommand.init(config, "two", template="pyproject")',
    "lasting(config), shown(config)",
    'config = Config("third.ini", toml_file="pyproject.toml")\ncommand.init(config, "three")',
    "lasting(config), shown(config)",
    # what was read before the file was there stays read
    'config = Config("fourth.ini")\nconfig.get_section("x")',
    'command.init(config, "four")',
    "lasting(config)",
)


def test_init_reads_nothing_that_it_writes(both: Both) -> None:
    """Whatever the Config says, it says of the files that ``init`` wrote: they were not there before it."""
    told = both(*INIT, setup=SETUP)
    assert told[1].startswith("(('<folder>/one', []), ")
    assert told[3].startswith("(('<folder>/two', []), ")


COMMANDS = (
    'command.revision(config, "one", rev_id="c1")',
    'command.revision(config, "two", autogenerate=True, rev_id="c1")',
    'command.merge(config, ["a2", "b1"], rev_id="c1", splice=True)',
    "command.check(config)",
    'command.upgrade(config, "heads")',
    'command.upgrade(config, "heads", sql=True, tag="t")',
    'command.downgrade(config, "base")',
    'command.downgrade(config, "heads:a1", sql=True)',
    'command.stamp(config, "m1", purge=True)',
    'command.show(config, "current")',
    "command.history(config, verbose=True, indicate_current=True)",
    "command.heads(config, resolve_dependencies=True)",
    "command.branches(config, verbose=True)",
    "command.current(config, check_heads=True)",
    "command.ensure_version(config)",
    'command.edit(config, "m1")',
    "command.list_templates(config)",
    'command.init(config, "env")',
    'command.init(config, "fresh")',
)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_leave_the_config_as_it_was(both: Both, command: str) -> None:
    told = both(
        *MADE,
        f"done = {command}",
        "after = shown(config)",
        "sorted(key for key in before[0]['alembic'] if key not in after[0]['alembic'])",
        "after",
        setup=SETUP,
    )
    assert told[-2] == "[]"


MADE = (
    """
    command.init(Config("alembic.ini"), "env")
    for name, parent in (("a1", "base"), ("a2", "a1"), ("b1", "a1"), ("m1", "heads")):
        done = command.revision(Config("alembic.ini"), rev_id=name, head=parent, splice=True)
    """,
    """
    import pathlib
    os.environ["EDITOR"] = "true"
    env = pathlib.Path("env/env.py")
    metadata = "import sqlalchemy; target_metadata = sqlalchemy.MetaData()"
    env.write_text(env.read_text().replace("target_metadata = None", metadata))
    config = Config("alembic.ini", attributes={"mine": 1}, config_args={"who": "me"}, output_buffer=io.StringIO())
    config.set_main_option("sqlalchemy.url", url)
    config.set_main_option("greeting", "hello %(who)s")
    config.set_section_option("other", "x", "1")
    before = shown(config)
    before[1]
    """,
)
