"""What a Config says of files that are there, are empty, or are not, on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from side_by_side import Both, Tool

FILES = {
    "pyproject.toml": "[tool.alembic]\nscript_location = 'x'\nfoo = '1'\nwhere = '%(here)s %(p)s'\n",
    "empty.ini": "",
    "other.ini": "[DEFAULT]\nq = 7\n[other]\nx = 1\n",
    "sep.ini": "[alembic]\nscript_location = .\nversion_locations = a\nprepend_sys_path = b\npath_separator = |\n",
    "slug.ini": "[alembic]\nscript_location = .\ntruncate_slug_length = many\n",
}

CONFIGS = (
    "Config()",
    'Config("no.ini")',
    'Config("no.ini", toml_file="pyproject.toml")',
    'Config(toml_file="pyproject.toml")',
    'Config("empty.ini")',
    'Config("other.ini")',
    'Config("no.ini", ini_section="mine")',
    'Config(ini_section="mine")',
    'Config("other.ini", ini_section="mine", toml_file="pyproject.toml")',
    'Config("other.ini", ini_section="other", toml_file="pyproject.toml")',
    'Config("no.ini", ini_section="other", toml_file="pyproject.toml")',
)
ASKED = (
    "c.get_main_option('foo')",
    "c.get_main_option('q', 'd')",
    "c.get_section('alembic')",
    "c.get_section('mine', 4)",
    "c.get_section(c.config_ini_section, {})",
    "c.get_alembic_boolean_option('sourceless')",
    "c.get_section_option('other', 'x')",
    "c.get_section_option('mine', 'x', 3)",
    "c.get_hooks_list()",
    "c.file_config.sections()",
    "c.remove_main_option('x')",
    "c.set_main_option('x', '1'), c.get_main_option('x'), c.file_config.sections()",
    "c.set_section_option('new', 'x', '1'), c.get_section('new')",
)


@pytest.mark.parametrize("config", CONFIGS)
def test_settings_of_files_that_may_not_be_there(both: Both, config: str) -> None:
    setup = "from alembic.config import Config"
    told = both(*(f"c = {config}\n{asked}" for asked in ASKED), setup=setup, files=FILES)
    assert any("has no '[" in answer for answer in told)


def test_a_file_that_is_named_and_is_not_there_has_no_main_section(both: Both) -> None:
    """It used to be taken for an empty one."""
    told = both(
        'Config("no.ini", toml_file="pyproject.toml").get_main_option("x")',
        setup="from alembic.config import Config",
        files=FILES,
    )
    assert told == ["CommandError: No config file 'no.ini' found, or file has no '[alembic]' section"]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ('Config("sep.ini").get_version_locations_list()', "ValueError: '|' is not a valid value for path_separator; "),
        ('Config("sep.ini").get_prepend_sys_paths_list()', "ValueError: '|' is not a valid value for path_separator; "),
        ('ScriptDirectory.from_config(Config("slug.ini"))', "ValueError: invalid literal for int() with base 10: "),
    ],
)
def test_values_that_cannot_be_are_value_errors(both: Both, cell: str, told: str) -> None:
    """Programs catch ValueError; here it is a CommandError too."""
    setup = "from alembic.config import Config\nfrom alembic.script import ScriptDirectory"
    assert both(cell, setup=setup, files=FILES)[0].startswith(told)


def test_names_for_interpolation(both: Both) -> None:
    both(
        'c = Config("sub/x.ini", toml_file="pyproject.toml", config_args={"p": "5"})\nc.config_args',
        "c.file_config.defaults(), c.get_alembic_option('where'), c.toml_alembic_config['where']",
        "c.config_args",
        'c = Config(config_args={"n": 5})\nc.config_args',
        "c.file_config.defaults()",
        "c.config_args",
        setup="from alembic.config import Config",
        files=FILES,
    )


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("a.ini", "b.ini"), "only one ini file may be indicated"),
        (("x/pyproject.toml", "pyproject.toml"), "pyproject.toml indicated more than once"),
    ],
)
def test_files_that_are_named_twice(alembic: Tool, limbeck: Tool, tmp_path: Path, names: list[str], told: str) -> None:
    """Whether or not they are there."""
    arguments = [word for name in names for word in ("-c", name)]
    for tool in (alembic, limbeck):
        done = tool(tmp_path, *arguments, "heads")
        assert done.code != 0
        assert told in done.err
