"""The folder of an environment: its settings, its history, the words of its errors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from written_by_hand import Environment

from limbeck.config import Config
from limbeck.errors import CommandError
from limbeck.graph.errors import RevisionError
from limbeck.script import Script, ScriptDirectory
from limbeck.script.steps import MigrationInfo, MigrationStep, RevisionStep, StampStep


@pytest.fixture
def tree(env: Environment) -> ScriptDirectory:
    r"""a1 -> b1 (lab) -> c1
    \-> d1          e1 depends on lab.
    """
    env.revision("a1")
    env.revision("b1", "a1", branch_labels=("lab",))
    env.revision("c1", "b1")
    env.revision("d1", "a1")
    env.revision("e1", depends_on=["lab"])
    return env.scripts()


# ---------------------------------------------------------------- settings


def test_settings_of_the_configuration(env: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["before"])
    config = env.config(
        "file_template = %%(rev)s\nheads_file = true\ntruncate_slug_length = 12\ntimezone = UTC\nsourceless = true\n"
        "output_encoding = ascii\n"
        "recursive_version_locations = true\nversion_locations = %(here)s/x\nprepend_sys_path = one:two\n"
        "[post_write_hooks]\nhooks = h\nh.type = exec\n"
    )
    scripts = ScriptDirectory.from_config(config)
    assert sys.path == ["one", "two", "before"]
    assert {name: value for name, value in vars(scripts).items() if not name.startswith("_")} == {
        "dir": str(env.dir),
        "file_template": "%(rev)s",
        "truncate_slug_length": 12,
        "heads_file": True,
        "version_locations": [f"{tmp_path}/x"],
        "sourceless": True,
        "output_encoding": "ascii",
        "timezone": "UTC",
        "hooks": [{"type": "exec", "_hook_name": "h"}],
        "recursive_version_locations": True,
        "messaging_opts": {"quiet": False},
        "edition": None,
        "revision_map": scripts.revision_map,
    }
    assert scripts.versions == f"{tmp_path}/x"
    assert scripts.env_py_location == str(env.dir / "env.py")


@pytest.mark.parametrize(
    ("ini", "code", "text"),
    [
        ("", "script-location-not-set", "No 'script_location' key found in configuration."),
        (
            "script_location = nope",
            "script-location-missing",
            "Path doesn't exist: nope.  Please use the 'init' command to create a new scripts folder.",
        ),
        ("script_location = lb_nowhere:m", "package-resource", "Can't find package resource 'lb_nowhere:m': "),
        (
            "script_location = .\ntruncate_slug_length = long",
            "option-not-number",
            "invalid literal for int() with base 10: 'long'",
        ),
    ],
)
def test_settings_that_cannot_be(env: Environment, ini: str, code: str, text: str) -> None:
    file = env.root / "alembic.ini"
    file.write_text(f"[alembic]\n{ini}\n")
    with pytest.raises(CommandError) as caught:
        ScriptDirectory.from_config(Config(file))
    assert str(caught.value).startswith(text)
    assert caught.value.code == code


def test_no_configuration_at_all(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No 'script_location' key found") as caught:
        ScriptDirectory.from_config(Config(tmp_path / "alembic.ini"))
    assert (
        caught.value.hint == f"there is no {tmp_path}/alembic.ini here; -c names another file, `limbeck init` makes one"
    )


def test_location_in_a_package(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    (env.root / "lb_app").mkdir()
    env.dir.rename(env.root / "lb_app" / "m")
    (env.root / "lb_app" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(env.root))
    (env.root / "alembic.ini").write_text("[alembic]\nscript_location = lb_app:m\n")
    assert ScriptDirectory.from_config(Config(env.root / "alembic.ini")).dir == str(env.root / "lb_app" / "m")


# ---------------------------------------------------------------- history


def ids(scripts: Any) -> list[str]:
    return [script.revision for script in scripts]


def test_questions(tree: ScriptDirectory) -> None:
    assert tree.get_heads() == ["c1", "d1", "e1"]
    assert tree.get_heads(consider_depends_on=True) == ["c1", "d1", "e1"]
    assert tree.get_bases() == ["a1", "e1"]
    assert ids(tree.walk_revisions("a1", "c1")) == ["c1", "b1", "a1"]
    assert ids(tree.iterate_revisions("c1", "a1")) == ["c1", "b1"]
    assert tree.get_revision("c1").revision == "c1"
    assert ids(tree.get_revisions(["lab", "d1"])) == ["b1", "d1"]
    assert ids(sorted(tree.get_all_current(("e1", "a1")), key=str)) == ["e1", "b1"]
    assert (tree.unknown(("a1", "zz")), tree.longest_id()) == (("zz",), 2)


@pytest.mark.parametrize(
    ("symbol", "number"),
    [
        ("base", None),
        ("lab@head", "c1"),
        ("heads", ("c1", "d1", "e1")),
        ("d1", "d1"),
        ("d", "d"),
        ("lab@d1", "d1"),
    ],
)
def test_as_revision_number(tree: ScriptDirectory, symbol: str, number: Any) -> None:
    assert tree.as_revision_number(symbol) == number


def test_of_one_line(env: Environment) -> None:
    assert (env.scripts().get_current_head(), env.scripts().get_base(), env.scripts().longest_id()) == (None, None, 0)
    env.revision("a1")
    env.revision("b1", "a1")
    assert (env.scripts().get_current_head(), env.scripts().get_base()) == ("b1", "a1")


@pytest.mark.parametrize(
    ("ask", "code", "text"),
    [
        (lambda s: s.get_revision("nope"), "unknown-revision", "Can't locate revision identified by 'nope'"),
        (lambda s: s.get_revisions(["a1", "nope"]), "unknown-revision", "Can't locate revision identified by 'nope'"),
        (
            lambda s: s.plan_upgrade("head", ()),
            "multiple-heads",
            (
                "Multiple head revisions are present for given argument 'head'; please specify a specific target "
                "revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads"
            ),
        ),
        (
            lambda s: s.plan_stamp("head", ()),
            "multiple-heads",
            "Multiple heads are present; please specify a single target revision",
        ),
        (
            lambda s: s.get_current_head(),
            "multiple-heads",
            (
                "The script directory has multiple heads (due to branching).Please use get_heads(), or merge the "
                "branches using alembic merge."
            ),
        ),
        (
            lambda s: s.get_base(),
            "multiple-bases",
            "The script directory has multiple bases. Please use get_bases().",
        ),
        (
            lambda s: list(s.walk_revisions("c1", "a1")),
            "range-not-ancestor",
            "Requested range c1:a1 does not refer to ancestor/descendant revisions along the same branch",
        ),
    ],
)
def test_refusals_in_the_words_of_the_command_line(tree: ScriptDirectory, ask: Any, code: str, text: str) -> None:
    with pytest.raises(CommandError) as caught:
        ask(tree)
    assert (str(caught.value), caught.value.code, isinstance(caught.value, RevisionError)) == (text, code, False)


def test_errors_of_the_graph_name_its_files(env: Environment) -> None:
    """One id in two files."""
    first, second = env.revision("a1"), env.write("other.py", "revision = 'a1'\ndown_revision = None\n")
    with pytest.raises(CommandError, match="present more than once") as caught:
        env.scripts().get_heads()
    assert caught.value.code == "duplicate-revision"
    assert str(first) in str(caught.value)
    assert caught.value.file == str(second)


# ---------------------------------------------------------------- one script


def test_lines(tree: ScriptDirectory) -> None:
    forms = {script.revision: script.cmd_format(False, True, True, True) for script in tree.walk_revisions()}
    assert forms == {
        "a1": "<base> -> a1 (branchpoint), about a1",
        "b1": "a1 -> b1 (lab), about b1",
        "c1": "b1 -> c1 (lab) (head), about c1",
        "d1": "a1 -> d1 (head), about d1",
        "e1": "<base> (lab) -> e1 (head), about e1",
    }
    first = tree.get_revision("a1")
    assert first.cmd_format(False) == "a1 (branchpoint)"
    assert first.cmd_format(False, tree_indicators=False) == "a1"
    first.mark_current()
    assert first.cmd_format(False) == "a1 (current) (branchpoint)"
    assert str(first) == "<base> -> a1 (branchpoint), about a1"
    assert first.cmd_format(True) == first.log_entry


def test_effective_head(env: Environment) -> None:
    env.revision("a1")
    env.revision("b1", depends_on="a1")
    scripts = env.scripts()
    assert scripts.get_revision("a1").cmd_format(False) == "a1 (effective head)"
    assert str(scripts.get_revision("a1")) == "<base> -> a1 (head), about a1"


def test_verbose_form(env: Environment) -> None:
    env.revision("a1")
    env.revision("b1", "a1")
    env.revision("c1", "a1", branch_labels=["y", "x"])
    path = env.revision("m1", ("b1", "c1"), depends_on=("a1",), doc="m\n\n  more\n")
    scripts = env.scripts()
    assert scripts.get_revision("m1").log_entry == (
        "Rev: m1 (head) (mergepoint)\nMerges: b1, c1\nAlso depends on: a1\nBranch names: x, y\n"
        f"Path: {path}\n\n    m\n    \n      more\n"
    )
    first = scripts.get_revision("a1")
    first.mark_current()
    assert first.log_entry == (
        f"Rev: a1 (branchpoint) (current)\nParent: <base>\nBranches into: b1, c1\nPath: {env.versions}/a1_.py\n\n"
        "    about a1\n"
    )


def test_a_script_made_of_a_module(env: Environment) -> None:
    from types import ModuleType

    module = ModuleType("m", "one\n\ntwo\n")
    module.down_revision = "a1"  # type: ignore[attr-defined]
    module.branch_labels = ["lab"]  # type: ignore[attr-defined]
    script = Script(module, "b1", "/x/b1.py")
    assert (script.doc, script.longdoc, script.module, script.path) == ("one", "one\n\ntwo", module, "/x/b1.py")
    assert (script.down_revision, script.dependencies, script.branch_labels) == ("a1", None, frozenset({"lab"}))


# ---------------------------------------------------------------- steps


def shown(step: MigrationStep) -> tuple[Any, ...]:
    info = step.info
    return (
        str(step),
        step.from_revisions,
        step.to_revisions,
        info.up_revision_ids,
        info.down_revision_ids,
        info.source_revision_ids,
        info.destination_revision_ids,
    )


def test_steps_of_an_upgrade_and_a_downgrade(env: Environment) -> None:
    """b1 follows a1 and depends on d1."""
    env.revision("a1")
    env.revision("d1")
    env.revision("b1", "a1", depends_on="d1")
    scripts = env.scripts()
    *_, up = scripts._upgrade_revs("b1", None)
    down = scripts._downgrade_revs("a1", ("b1",))[0]
    both = ("a1", "d1")
    assert shown(up) == ("upgrade a1 -> b1, about b1", both, ("b1",), ("b1",), both, both, ("b1",))
    assert shown(down) == ("downgrade b1 -> a1, about b1", ("b1",), both, ("b1",), both, ("b1",), both)
    assert (up.name, up.is_upgrade, up.is_downgrade, up.is_stamp, up.doc) == ("upgrade", True, False, False, "about b1")
    assert up.migration_fn.__name__ == "upgrade"
    assert down.migration_fn.__name__ == "downgrade"
    assert repr(up) == "RevisionStep('b1', is_upgrade=True)"
    assert up.plan_step is not None
    assert up.change(both) == up.plan_step.change


def test_steps_of_a_stamp(env: Environment) -> None:
    env.revision("a1")
    env.revision("b1", "a1")
    scripts = env.scripts()
    (step,) = scripts._stamp_revs("heads", ())
    assert shown(step) == ("stamp_revision  -> b1", (), ("b1",), ("b1",), (), (), ("b1",))
    assert (step.is_stamp, step.is_upgrade, step.branch_move, step.doc) == (True, True, True, None)
    (step,) = scripts._stamp_revs(["a1"], ("b1",))
    assert shown(step) == ("stamp_revision b1 -> a1", ("b1",), ("a1",), ("b1",), ("a1",), ("b1",), ("a1",))
    assert (step.is_upgrade, step.branch_move) == (False, False)
    assert step.migration_fn(anything=1) is None
    (step,) = scripts._stamp_revs("base", "b1")
    assert str(step) == "stamp_revision b1 -> "


def test_steps_that_a_plugin_makes(env: Environment) -> None:
    env.revision("a1")
    env.revision("b1", "a1")
    scripts = env.scripts()
    graph = scripts.revision_map
    up = RevisionStep.upgrade_from_script(graph, scripts.get_revision("b1"))
    assert up.change(("a1",)).apply(("a1",)) == ("b1",)
    down = RevisionStep.downgrade_from_script(graph, scripts.get_revision("b1"))
    assert down.change(("b1",)).apply(("b1",)) == ("a1",)
    move = StampStep("a1", "b1", True, False, graph)
    assert move.change(("a1",)).apply(("a1",)) == ("b1",)
    assert StampStep(("a1", "b1"), (), False, True, graph).change(("a1", "b1")).apply(("a1", "b1")) == ()


def test_what_callbacks_are_told(tree: ScriptDirectory) -> None:
    info = MigrationInfo(tree.revision_map, True, False, "c1", ("b1",))
    assert (info.is_migration, info.up_revision_id, info.up_revision.revision) == (True, "c1", "c1")
    assert ids(info.up_revisions) == ids(info.destination_revisions) == ["c1"]
    assert ids(info.down_revisions) == ids(info.source_revisions) == ["b1"]
    assert MigrationInfo(tree.revision_map, False, True, (), None).up_revision_id is None
