"""Where settings come from, and which one wins."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from limbeck.config import Config, default_files, demand_files, named_files
from limbeck.errors import CommandError, LimbeckWarning, UsageError


class Files:
    """Configuration files in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def config(self, ini: str | None = None, toml: str | None = None, **arguments: Any) -> Config:
        for name, text in (("alembic.ini", ini), ("pyproject.toml", toml)):
            if text is not None:
                (self.folder / name).write_text(text)
        return Config(self.folder / "alembic.ini", self.folder / "pyproject.toml", **arguments)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_without_any_file_there_is_an_empty_main_section() -> None:
    config = Config()
    assert config.file_config.sections() == ["alembic"]
    assert config.get_section("alembic") == {"here": "."}
    assert config.toml_alembic_config == {}
    assert (config.config_file_name, config.toml_file_name, config.config_ini_section) == (None, None, "alembic")


def test_ini_goes_before_toml_and_toml_before_the_default(files: Files) -> None:
    config = files.config("[alembic]\na = ini\n", '[tool.alembic]\na = "toml"\nb = "toml"\n')
    assert [config.get_alembic_option(name, "default") for name in "abc"] == ["ini", "toml", "default"]


def test_default_section_counts_as_main_section(files: Files) -> None:
    config = files.config("[DEFAULT]\na = 1\n[alembic]\nb = %(a)s2\n[other]\n")
    assert config.get_main_option("a") == "1"
    assert config.get_section("other") == {"here": str(files.folder), "a": "1"}
    assert config.get_main_option("b") == "12"


@pytest.mark.parametrize(
    ("toml", "value"),
    [
        ('[tool.limbeck]\na = "l"\n', "l"),
        ('[tool.alembic]\na = "a"\n', "a"),
        ('[tool.limbeck]\na = "l"\n[tool.alembic]\na = "a"\n', "l"),
        ("[tool.limbeck]\n[tool.alembic]\na = 'a'\n", None),
        ("[tool.other]\na = 'alembic'\n", None),
        ("[tool.limbeck]\na = 12\n", 12),
        ("[tool.limbeck]\na = ['%(here)s/x', 'y%%']\n", ["{here}/x", "y%"]),
    ],
)
def test_tables_of_pyproject(files: Files, toml: str, value: Any) -> None:
    found = files.config(toml=toml).get_alembic_option("a")
    here = str(files.folder)
    assert found == ([item.format(here=here) for item in value] if isinstance(value, list) else value)


@pytest.mark.parametrize(
    ("call", "code", "text"),
    [
        (lambda c: c.get_alembic_option("float"), "toml-value", "unsupported TOML value type for key: 'float'"),
        (
            lambda c: c.get_alembic_boolean_option("word"),
            "toml-value",
            "boolean value expected for TOML parameter 'word'",
        ),
        (lambda c: c.get_version_locations_list(), "toml-value", "'version_locations' must be an array in TOML"),
        (lambda c: c.get_hooks_list(), "toml-value", "post_write_hooks must be an array of tables, each with a 'name'"),
    ],
)
def test_toml_values_of_the_wrong_type(files: Files, call: Any, code: str, text: str) -> None:
    config = files.config(
        toml='[tool.limbeck]\nfloat = 1.5\nword = "true"\nversion_locations = "a:b"\n'
        "[[tool.limbeck.post_write_hooks]]\ntype = 'exec'\n"
    )
    with pytest.raises(CommandError, match=text) as caught:
        call(config)
    assert (caught.value.code, caught.value.file) == (code, config.toml_file_name)


# ---------------------------------------------------------------- the URL


def test_environment_variable_goes_before_the_file(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMBECK_URL", "postgresql://u:p%40ss@h/d%%")
    config = files.config("[alembic]\nsqlalchemy.url = sqlite:///x.db\n[other]\nsqlalchemy.url = sqlite:///y.db\n")
    assert config.get_main_option("sqlalchemy.url") == "postgresql://u:p%40ss@h/d%%"
    section = config.get_section("alembic")
    assert section is not None
    assert section["sqlalchemy.url"] == "postgresql://u:p%40ss@h/d%%"
    assert config.get_section_option("other", "sqlalchemy.url") == "sqlite:///y.db"


def test_environment_variable_needs_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMBECK_URL", "sqlite:///x.db")
    assert Config("missing.ini").get_main_option("sqlalchemy.url") == "sqlite:///x.db"


def test_what_the_program_sets_goes_before_the_environment(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMBECK_URL", "sqlite:///environment.db")
    config = files.config("[alembic]\nsqlalchemy.url = sqlite:///file.db\n")
    config.set_main_option("sqlalchemy.url", "sqlite:///program.db")
    assert config.get_main_option("sqlalchemy.url") == "sqlite:///program.db"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("postgresql://u:p%40ss@h/d", "postgresql://u:p%40ss@h/d"),
        ("postgresql://u:p%%40ss@h/d", "postgresql://u:p%40ss@h/d"),
        ("postgresql://u:100%@h/d", "postgresql://u:100%@h/d"),
        ("postgresql://u:a%(b@h/d", "postgresql://u:a%(b@h/d"),
        ("%(user)s:%(PASS)s%%%40", "me:p%w%%%40"),
        ("%%(user)s", "%(user)s"),
    ],
)
@pytest.mark.parametrize("way", ["file", "set"])
def test_percent_signs(files: Files, way: str, written: str, read: str) -> None:
    """A bare one is itself, a doubled one is one, names are resolved."""
    options = "user = me\npass = p%w%%\n"
    if way == "file":
        config = files.config(f"[alembic]\n{options}sqlalchemy.url = {written}\n")
    else:
        config = files.config(f"[alembic]\n{options}")
        config.set_main_option("sqlalchemy.url", written)
    assert config.get_main_option("sqlalchemy.url") == read


@pytest.mark.parametrize(
    ("ini", "code", "text"),
    [
        ("a = %(DB_USER)s", "interpolation-missing", "Option 'a' refers to 'DB_USER', which is not set"),
        ("a = x%(here)/y", "interpolation-syntax", r"'%\(here\)' in option 'a' lacks its final 's'"),
        ("a = %(b)s\nb = %(a)s", "interpolation-loop", "Option 'a' refers to itself through b -> a -> b"),
    ],
)
def test_interpolation_that_cannot_be(files: Files, ini: str, code: str, text: str) -> None:
    config = files.config(f"[alembic]\n{ini}\n")
    with pytest.raises(CommandError, match=text) as caught:
        config.get_main_option("a")
    assert (caught.value.code, caught.value.file) == (code, config.config_file_name)


def test_missing_name_in_toml(files: Files) -> None:
    config = files.config(toml='[tool.limbeck]\nscript_location = "%(root)s/m"\n')
    with pytest.raises(CommandError, match="Option 'script_location' refers to 'root', which is not set") as caught:
        config.get_alembic_option("script_location")
    assert caught.value.file == config.toml_file_name


def test_arguments_are_names_in_both_files(files: Files) -> None:
    config = files.config("[alembic]\na = %(x)s\n", '[tool.alembic]\nb = "%(x)s"\n', config_args={"x": "X%Y"})
    assert (config.get_main_option("a"), config.get_alembic_option("b")) == ("X%Y", "X%Y")


def test_folder_of_the_file_may_have_a_percent_sign(tmp_path: Path) -> None:
    folder = tmp_path / "100%(x)s"
    folder.mkdir()
    config = Files(folder).config("[alembic]\na = %(here)s\n", '[tool.alembic]\nb = "%(here)s"\n')
    assert config.get_main_option("a") == config.get_alembic_option("b") == str(folder)


def test_unset_environment_variable_is_named() -> None:
    with pytest.raises(CommandError, match=r"Option 'DB_USER' of section \[alembic\] must be text, not None") as caught:
        Config().set_section_option("alembic", "DB_USER", None)  # type: ignore[arg-type]
    assert caught.value.code == "option-not-text"


# ---------------------------------------------------------------- sections


def test_sections_are_made_when_set() -> None:
    config = Config()
    config.set_section_option("new", "a", "1")
    assert config.get_section_option("new", "a") == "1"
    config.set_main_option("b", "2")
    config.remove_main_option("b")
    assert config.get_main_option("b", "gone") == "gone"
    assert config.get_section("missing") is None


def test_unknown_section(files: Files) -> None:
    config = files.config("[alembic]\nscript_location = m\n[second]\n[loggers]\n[logger_root]\n", ini_section="third")
    for ask in (config.get_main_option, config.get_alembic_option):
        with pytest.raises(CommandError, match=r"file has no '\[third\]' section") as caught:
            ask("script_location")
        assert caught.value.hint == "sections of this file: alembic, second"


def test_section_name_does_not_matter_to_toml(files: Files) -> None:
    config = files.config("[alembic]\n", '[tool.alembic]\nscript_location = "m"\n', ini_section="third")
    assert config.get_alembic_option("script_location") == "m"


# ---------------------------------------------------------------- malformed files


@pytest.mark.parametrize(
    ("name", "data", "code", "line"),
    [
        ("alembic.ini", b"a = 1\n", "ini-syntax", 1),
        ("alembic.ini", b"[alembic]\na = 1\nb\n", "ini-syntax", 3),
        ("alembic.ini", b"[alembic]\na = 1\na = 2\n", "ini-syntax", 3),
        ("alembic.ini", b"[alembic]\n[alembic]\n", "ini-syntax", 2),
        ("alembic.ini", b"[alembic]\n# \xff\xfe\n", "config-encoding", 2),
        ("pyproject.toml", b"[tool.alembic]\na = \n", "toml-syntax", 2),
        ("pyproject.toml", b"tool.alembic = 1\n", "toml-syntax", None),
        ("pyproject.toml", b"[tool.alembic]\n\n# \xff", "config-encoding", 3),
    ],
)
def test_malformed_files(tmp_path: Path, name: str, data: bytes, code: str, line: int | None, monkeypatch: Any) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "utf-8")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CommandError) as caught:
        Config(tmp_path / "alembic.ini", tmp_path / "pyproject.toml").get_alembic_option("a")
    error = caught.value
    assert (error.code, error.line, error.file) == (code, line, str(tmp_path / name))
    assert "\n" not in str(error)


def test_configuration_in_the_encoding_of_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "latin-1")
    (tmp_path / "alembic.ini").write_bytes("[alembic]\na = é\n".encode("latin-1"))
    assert Config(tmp_path / "alembic.ini").get_main_option("a") == "é"


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Can't read configuration"):
        Config(tmp_path).get_main_option("a")


# ---------------------------------------------------------------- which files


def test_files_of_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIMBECK_CONFIG", raising=False)
    monkeypatch.delenv("ALEMBIC_CONFIG", raising=False)
    assert default_files() == ("alembic.ini", "pyproject.toml")
    assert default_files(["x/my.ini"]) == ("x/my.ini", "pyproject.toml")
    assert default_files(["x/pyproject.toml", "my.ini"]) == ("my.ini", "x/pyproject.toml")
    monkeypatch.setenv("ALEMBIC_CONFIG", "a.ini")
    assert default_files() == ("a.ini", "pyproject.toml")
    monkeypatch.setenv("LIMBECK_CONFIG", "l/pyproject.toml")
    assert default_files() == ("alembic.ini", "l/pyproject.toml")
    assert named_files() == ["l/pyproject.toml"]
    assert named_files(["b.ini"]) == ["b.ini"]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a.ini", "b.ini"], "only one ini file may be indicated"),
        (["a/pyproject.toml", "pyproject.toml"], "pyproject.toml indicated more than once"),
    ],
)
def test_one_file_of_each_kind(names: list[str], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        default_files(names)


def test_a_named_file_has_to_be_there(tmp_path: Path) -> None:
    demand_files([])
    with pytest.raises(CommandError, match="does not exist") as caught:
        demand_files([str(tmp_path / "no.ini")])
    assert caught.value.code == "config-missing"


# ---------------------------------------------------------------- small things


@pytest.mark.parametrize(("ini", "edition"), [("", None), ("edition = 2026", 2026), ("edition =", None)])
def test_edition(files: Files, ini: str, edition: int | None) -> None:
    assert files.config(f"[alembic]\n{ini}\n").edition == edition


def test_edition_in_toml_and_unknown(files: Files) -> None:
    assert files.config(toml="[tool.limbeck]\nedition = 2026\n").edition == 2026
    with pytest.raises(CommandError, match="Unknown edition: 2019") as caught:
        files.config("[alembic]\nedition = 2019\n").edition  # noqa: B018
    assert caught.value.hint == "this version knows 2026"


@pytest.mark.parametrize(
    ("value", "is_true"), [("true", True), ("false", False), ("1", False), ("True", False), ("", False)]
)
def test_booleans_of_ini_are_true_only_as_true(files: Files, value: str, is_true: bool) -> None:
    config = files.config(f"[alembic]\nsourceless = {value}\n")
    if value in ("1", "True"):
        with pytest.warns(LimbeckWarning, match="only exactly 'true' is true"):
            assert config.get_alembic_boolean_option("sourceless") is is_true
    else:
        assert config.get_alembic_boolean_option("sourceless") is is_true


@pytest.mark.parametrize(("value", "is_true"), [("yes", True), ("1", True), ("off", False)])
def test_revision_environment_takes_any_word(files: Files, value: str, is_true: bool) -> None:
    config = files.config(f"[alembic]\nrevision_environment = {value}\n")
    assert config.get_alembic_boolean_option("revision_environment") is is_true


def test_revision_environment_must_mean_something(files: Files) -> None:
    with pytest.raises(CommandError, match="'revision_environment' must be true or false, not 'maybe'"):
        files.config("[alembic]\nrevision_environment = maybe\n").get_alembic_boolean_option("revision_environment")


def test_hooks_of_ini_hide_those_of_toml(files: Files) -> None:
    toml = '[[tool.alembic.post_write_hooks]]\nname = "n"\ntype = "exec"\ncwd = "%(here)s"\n'
    assert files.config(toml=toml).get_hooks_list() == [{"type": "exec", "cwd": str(files.folder), "_hook_name": "n"}]
    ini = "[post_write_hooks]\nhooks = black, ruff x\nblack.type = exec\nblackx.type = 1\nblack.options = -l\n"
    assert files.config(ini, toml).get_hooks_list() == [
        {"type": "exec", "options": "-l", "_hook_name": "black"},
        {"_hook_name": "ruff"},
        {"_hook_name": "x"},
    ]


def test_printing() -> None:
    out = io.StringIO()
    config = Config(stdout=out)
    config.print_stdout("a%%b %s", "x")
    config.print_stdout("100% sure")
    assert out.getvalue() == "a%b x\n100% sure\n"


def test_quiet_prints_nothing() -> None:
    from argparse import Namespace

    out = io.StringIO()
    config = Config(stdout=out, cmd_opts=Namespace(quiet=True))
    config.print_stdout("x")
    assert (out.getvalue(), config.messaging_opts) == ("", {"quiet": True})


def test_attributes_hold_any_object() -> None:
    config = Config(attributes={"a": 1})
    config.attributes["connection"] = thing = object()
    assert config.attributes["connection"] is thing
    assert Config().attributes == {}
