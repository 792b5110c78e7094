"""Which files become revisions, and what happens to those that do not."""

from __future__ import annotations

import py_compile
import subprocess
import sys
from pathlib import Path

import pytest
from written_by_hand import Environment

from limbeck.errors import CommandError, LimbeckWarning
from limbeck.script import ScriptDirectory


def load(scripts: ScriptDirectory) -> list[str]:
    return [script.revision for script in scripts.read_scripts()]


def test_files_come_by_name_and_some_not_at_all(env: Environment) -> None:
    for name in ("b", "a", "c"):
        env.revision(name)
    for name in ("__init__.py", ".#a_.py", ".hidden.py", "note.txt", "__pycache__/x.py"):
        env.write(name, "raise Exception")
    (env.versions / "folder.d").mkdir()
    assert load(env.scripts()) == ["a", "b", "c"]


def test_no_file_is_run(env: Environment) -> None:
    env.write("a.py", "revision = 'a'\ndown_revision = None\nraise SystemExit('run')\n")
    assert env.heads() == (["a"], [])


def test_only_the_file_whose_header_is_not_literal_is_run(env: Environment) -> None:
    env.write("a.py", "import itertools\nrevision = str(1)\ndown_revision = None\n'''not the doc'''\n")
    env.write("b.py", "'''doc b'''\nrevision = 'b'\ndown_revision = '1'\nraise SystemExit('run')\n")
    scripts = env.scripts()
    assert load(scripts) == ["1", "b"]
    assert scripts.get_revision("1").module.itertools
    assert scripts.get_revision("b").doc == "doc b"


def test_oldest_files_are_named_by_their_id(env: Environment) -> None:
    env.write("1ab.py", "'''first'''\ndown_revision = None\n")
    env.write("2ab.py", "down_revision = '1ab'\n")
    assert env.heads() == (["2ab"], [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = 1\n", "stray-file"),
        ("<<<<<<< ours\nrevision = 'x'\n", "broken-revision-file"),
        (b"revision = '\xff'\n", "broken-revision-file"),
        ("revision = 'x'\n", "broken-revision-file"),
        ("import no_such_module\nrevision = str(1)\ndown_revision = None\n", "broken-revision-file"),
        ("revision = op.get_bind()\ndown_revision = None\n", "broken-revision-file"),
    ],
)
def test_one_bad_file_leaves_the_others_alone(env: Environment, text: str | bytes, code: str) -> None:
    env.revision("a1")
    path = env.write("stray.py", text)
    for _ in "cold", "cached":
        assert env.heads() == (["a1"], [code])
    scripts = env.scripts()
    with pytest.warns(LimbeckWarning):
        assert [file.path for file in scripts.broken] == ([] if code == "stray-file" else [str(path)])
    if code == "stray-file":
        scripts.demand_whole()
    else:
        with pytest.raises(CommandError, match="Revision file can't be read") as caught:
            scripts.demand_whole()
        assert caught.value.file == str(path)


def test_a_syntax_error_below_the_header_concerns_that_script_alone(env: Environment) -> None:
    env.revision("a1")
    path = env.write("b1.py", "'''b'''\nrevision = 'b1'\ndown_revision = 'a1'\ndef upgrade():\n    x = = 1\n")
    env.revision("c1", "b1")
    assert env.heads() == (["c1"], ["broken-revision-file"])
    scripts = env.scripts()
    with pytest.warns(LimbeckWarning, match="Revision b1 can't be run: syntax error"):
        assert scripts.broken == []
    assert [str(step) for step in scripts.steps(scripts.plan_upgrade("a1", ()))] == ["upgrade  -> a1, about a1"]
    with pytest.raises(CommandError) as caught:
        scripts.steps(scripts.plan_upgrade("c1", ()))
    assert (caught.value.file, caught.value.line, caught.value.code) == (str(path), 5, "python-syntax")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("import no_such_module\n", "script-import", 3),
        ("1 / 0\n", "script-import", 3),
        ("def upgrade(): pass\n", "function-missing", None),
    ],
)
def test_a_script_that_cannot_run_stops_the_plan_before_its_first_step(
    env: Environment, text: str, code: str, line: int | None
) -> None:
    env.revision("a1")
    path = env.write("b1.py", f"revision = 'b1'\ndown_revision = 'a1'\n{text}")
    scripts = env.scripts()
    with pytest.raises(CommandError) as caught:
        scripts.steps(scripts.plan_downgrade("base", ("b1",)))
    assert (caught.value.code, caught.value.file, caught.value.line) == (code, str(path), line)


def test_unreadable_file(env: Environment) -> None:
    env.revision("a1")
    (env.versions / "gone.py").symlink_to(env.versions / "nowhere.py")
    assert env.heads() == (["a1"], ["broken-revision-file"])


def test_several_locations(env: Environment, tmp_path: Path) -> None:
    env.revision("b1")
    env.revision("a1", folder=tmp_path / "other")
    scripts = env.scripts(version_locations=[tmp_path / "other", tmp_path / "missing", env.versions])
    assert load(scripts) == ["a1", "b1"]
    with pytest.raises(CommandError, match="Multiple version_locations present"):
        scripts.versions  # noqa: B018
    assert env.scripts().versions == str(env.versions)


def test_one_file_through_two_locations_is_one(env: Environment, tmp_path: Path) -> None:
    env.revision("a1")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link.py").symlink_to(env.versions / "a1_.py")
    (tmp_path / "same").symlink_to(env.versions)
    locations = [env.versions, tmp_path / "same", tmp_path / "other"]
    with pytest.warns(LimbeckWarning, match="loaded twice! ignoring. Please ensure version_locations is unique."):
        assert load(env.scripts(version_locations=locations)) == ["a1"]


def test_recursive_locations(env: Environment) -> None:
    env.revision("b1")
    env.revision("a1", "b1", folder=env.versions / "y" / "z")
    env.revision("c1", folder=env.versions / "x")
    env.revision("d1", folder=env.versions / "__pycache__")
    assert load(env.scripts()) == ["b1"]
    for _ in "cold", "cached":
        assert load(env.scripts(recursive_version_locations=True)) == ["b1", "c1", "a1"]


def test_package_resources(env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env.revision("a1", folder=tmp_path / "lib" / "lb_pkg" / "revisions")
    (tmp_path / "lib" / "lb_pkg" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    assert load(env.scripts(version_locations=["lb_pkg:revisions"])) == ["a1"]
    with pytest.raises(CommandError, match="Can't find package resource 'lb_nowhere:x'"):
        load(env.scripts(version_locations=["lb_nowhere:x"]))


def test_sourceless(env: Environment) -> None:
    """`.py` before `.pyc` before `.pyo`, in the folder and in `__pycache__`."""
    a, b, c = env.revision("a1"), env.revision("b1", "a1"), env.revision("c1", "b1")
    tag = sys.implementation.cache_tag
    py_compile.compile(str(a), str(env.versions / "a1_.pyc"))
    py_compile.compile(str(b), str(env.versions / "__pycache__" / f"b1_.{tag}.pyc"))
    env.write("b1_.pyo", b"not this one")
    env.write("__pycache__/c1_.cpython-27.pyc", b"nor this")
    a.unlink()
    b.unlink()
    for _ in "cold", "cached":
        assert load(env.scripts(sourceless=True)) == ["a1", "b1", "c1"]
    assert env.scripts(sourceless=True).get_revision("b1").longdoc == "about b1"
    assert c.exists()


def test_heads_and_history_without_sqlalchemy(env: Environment) -> None:
    env.revision("a1")
    env.revision("b1", "a1", branch_labels=("lab",))
    env.config()
    code = """
import sys
class No:
    def find_spec(self, name, *rest):
        if name.split(".")[0] in ("sqlalchemy", "mako"):
            raise AssertionError(name)
sys.meta_path.insert(0, No())
from limbeck.config import Config
from limbeck.script import ScriptDirectory
scripts = ScriptDirectory.from_config(Config("alembic.ini"))
print(scripts.get_heads(), [s.cmd_format(False, True, True, True) for s in scripts.walk_revisions()])
slow = {"dataclasses", "inspect", "logging", "pathlib", "ast", "uuid"} & set(sys.modules)
print(sorted(slow))
"""
    run = [sys.executable, "-c", code]
    done = [subprocess.run(run, cwd=env.root, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    lines = done[1].splitlines()
    assert lines[0] == "['b1'] ['a1 -> b1 (lab) (head), about b1', '<base> -> a1 (lab), about a1']"
    assert lines[1] == "[]"


def test_env_py_is_run_afresh_and_is_not_kept(env: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    (env.dir / "env.py").write_text("import sys\nprint(__name__, __name__ in sys.modules, __file__)\n")
    for _ in range(2):
        env.scripts().run_env()
    assert capsys.readouterr().out == f"env_py False {env.dir / 'env.py'}\n" * 2


def test_env_py_that_is_missing_or_no_python(env: Environment) -> None:
    with pytest.raises(CommandError, match="Can't find Python file") as caught:
        env.scripts().run_env()
    assert caught.value.code == "file-missing"
    (env.dir / "env.py").write_text("x = 1\ny = = 2\n")
    with pytest.raises(CommandError, match="Can't run Python file") as caught:
        env.scripts().run_env()
    assert (caught.value.code, caught.value.line) == ("python-syntax", 2)


def test_what_env_py_raises_passes_through(env: Environment) -> None:
    (env.dir / "env.py").write_text("raise KeyError('mine')\n")
    with pytest.raises(KeyError, match="mine"):
        env.scripts().run_env()


def test_location_that_cannot_be_listed(env: Environment) -> None:
    file = env.revision("a1")
    with pytest.raises(CommandError, match="Can't list version location") as caught:
        load(env.scripts(version_locations=[file]))
    assert caught.value.file == str(file)
