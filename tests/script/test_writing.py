"""New revision files: names, contents, and what is refused before anything is written."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from written_by_hand import Environment

from limbeck.errors import CommandError, LimbeckWarning
from limbeck.script import ScriptDirectory
from limbeck.script.write import comma, create_date, file_name, rev_id, slug

DATE = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 a date without a zone is what the default gives


@pytest.mark.parametrize(
    ("message", "longest", "expected"),
    [
        (None, 40, ""),
        ("    ", 40, ""),
        ("one two three four", 40, "one_two_three_four"),
        ("one two three four", 10, "one_two_"),
        ("0123456789 ab", 10, "0123456789_"),
        ("0123 45678", 10, "0123_45678"),
        ("a" * 50, 40, "a" * 40 + "_"),
        ("Ünï cödé", 40, "ünï_cödé"),
        ("x_y z__w", 40, "x_y_z__w"),
        (
            "Add t: it's a VERY long message that will go past forty characters, ok",
            40,
            "add_t_it_s_a_very_long_message_that_",
        ),
    ],
)
def test_slugs(message: str | None, longest: int, expected: str) -> None:
    assert slug(message, longest) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("%(rev)s_%(slug)s", "abc_a_b.py"),
        ("%(year)d-%(month).2d-%(day).2d_%(hour).2d%(minute).2d%(second).2d", "2026-01-02_030405.py"),
        ("%(year)2d%(month).2d-%(slug)s", "202601-a_b.py"),
        ("x/%(rev)s", "x/abc.py"),
    ],
)
def test_names(template: str, expected: str) -> None:
    assert file_name(template, "abc", "a b", DATE, 40) == expected


def test_epoch() -> None:
    assert file_name("%(epoch)s", "abc", None, DATE, 40) == f"{int(DATE.timestamp())}.py"


@pytest.mark.parametrize("template", ["%(revision)s", "%(rev)", "%(slug)d", "100%"])
def test_names_that_cannot_be(template: str) -> None:
    with pytest.raises(CommandError, match="can't be filled in") as caught:
        file_name(template, "abc", "a b", DATE, 40)
    assert caught.value.code == "file-template"


def test_dates() -> None:
    assert create_date(None).tzinfo is None
    assert create_date("UTC").utcoffset() == timedelta()
    assert str(create_date("est5edt").tzinfo) == "EST5EDT"
    for name in ("Nowhere/Land", "../x", ""):
        with pytest.raises(CommandError, match="Can't locate timezone") as caught:
            create_date(name)
        assert caught.value.code == "unknown-timezone"


def test_ids_and_commas() -> None:
    assert re.fullmatch("[0-9a-f]{12}", rev_id())
    assert rev_id() != rev_id()
    assert [comma(value) for value in (None, "a", ("a", "b"))] == ["", "a", "a, b"]
    with pytest.raises(ValueError, match="Don't know how to comma-format 12"):
        comma(12)  # type: ignore[arg-type]


# ---------------------------------------------------------------- the file


def generate(scripts: ScriptDirectory, rev: str, message: str | None = None, **options: Any) -> str:
    return Path(scripts.generate_revision(rev, message, **options).path).read_text()


def test_a_whole_history(env: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    """a1 -> b1 (lab) -> c1, merged with d1 to m1, which depends on a1 and on the label."""
    scripts = env.scripts()
    first = scripts.generate_revision("a1", "first one")
    assert capsys.readouterr().out == f"Generating {env.versions}/a1_first_one.py ...  done\n"
    assert first.path == str(env.versions / "a1_first_one.py")
    assert (first.doc, first.is_head, first.module.__doc__[:9]) == ("first one", True, "first one")  # type: ignore[index]
    assert "branch_labels = ('lab',)\n" in generate(scripts, "b1", "x", branch_labels="lab")
    assert "down_revision = 'b1'\n" in generate(scripts, "c1", head="lab@head")
    assert "down_revision = None\n" in generate(scripts, "d1", head="base")
    text = generate(scripts, "m1", head=["c1", "d1"], depends_on=["a1", "lab"])
    assert "down_revision = ('c1', 'd1')\n" in text
    assert "depends_on = ['a1', 'lab']\n" in text
    assert "Revises: c1, d1\n" in text
    assert "depends_on = 'a1'\n" in generate(scripts, "e1", head="base", depends_on="a1")
    assert env.scripts().get_heads() == ["e1", "m1"]
    assert scripts.get_heads() == ["m1", "e1"]


def test_without_a_message(env: Environment) -> None:
    script = env.scripts().generate_revision("a1", None)
    assert (script.doc, script.path) == ("empty message", str(env.versions / "a1_.py"))


@pytest.mark.parametrize(
    "message", ['say """hello"""', "back\\slash \\n \\", 'end with "', "two\nlines", "50% ${x} ## é"]
)
def test_the_message_is_kept_to_the_letter(env: Environment, message: str) -> None:
    env.scripts().generate_revision("a1", message)
    assert env.scripts().get_revision("a1").doc == message


def test_variables_of_the_template(env: Environment) -> None:
    env.template.write_text(env.template.read_text() + "# ${mine} ${create_date.tzinfo}\n")
    text = generate(env.scripts(timezone="UTC"), "a1", mine="yours", upgrades="x = 1\n    y = 2")
    assert text.endswith("# yours UTC\n")
    assert "def upgrade():\n    x = 1\n    y = 2\n" in text


def test_encoding(env: Environment) -> None:
    env.template.write_text("${'#'} -*- coding: latin-1 -*-\n" + env.template.read_text())
    script = env.scripts(output_encoding="latin-1").generate_revision("a1", "é")
    assert "é".encode("latin-1") in Path(script.path).read_bytes()
    assert script.doc == "é"
    with pytest.raises(CommandError, match="Can't write in output_encoding 'latin-1'"):
        env.scripts(output_encoding="latin-1").generate_revision("b1", "€")


def test_sub_folder_of_the_name(env: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    scripts = env.scripts(file_template="x/%(rev)s", recursive_version_locations=True)
    scripts.generate_revision("a1", None)
    assert capsys.readouterr().out.startswith(f"Creating directory {env.versions}/x ...  done\nGenerating ")
    assert env.scripts(recursive_version_locations=True).get_heads() == ["a1"]
    with pytest.warns(LimbeckWarning, match="later commands will not look"):
        env.scripts(file_template="y/%(rev)s").generate_revision("b1", None)


def test_quiet(env: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    env.scripts(messaging_opts={"quiet": True}).generate_revision("a1", None)
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------- where it goes


def test_location_is_that_of_the_parent(env: Environment, tmp_path: Path) -> None:
    other = tmp_path / "other"
    scripts = env.scripts(version_locations=[env.versions, other])
    with pytest.raises(CommandError, match="Multiple version locations present, please specify --version-path"):
        scripts.generate_revision("a1", None)
    scripts.generate_revision("a1", None, version_path=other)
    assert scripts.generate_revision("b1", None).path == str(other / "b1_.py")
    with pytest.raises(CommandError, match="is not represented in current version locations") as caught:
        scripts.generate_revision("c1", None, version_path=tmp_path / "third")
    assert caught.value.hint == f"version locations: {env.versions}, {other}"


# ---------------------------------------------------------------- what is refused


def history(env: Environment) -> ScriptDirectory:
    """a1 -> b1 (lab), a1 -> c1."""
    env.revision("a1")
    env.revision("b1", "a1", branch_labels="lab")
    env.revision("c1", "a1")
    return env.scripts()


@pytest.mark.parametrize(
    ("rev", "options", "code", "text"),
    [
        ("d:1", {"head": "b1"}, "illegal-revision-id", r"Character\(s\) ':' not allowed in revision identifier 'd:1'"),
        ("b1", {"head": "b1"}, "duplicate-revision", "Revision id 'b1' is already used by revision b1"),
        ("lab", {"head": "b1"}, "duplicate-revision", "Revision id 'lab' is already used by revision b1"),
        (
            "d1",
            {"head": "b1", "branch_labels": "lab"},
            "duplicate-label",
            "Branch name 'lab' in revision d1 already used by revision b1",
        ),
        (
            "d1",
            {"head": "b1", "branch_labels": ["a1"]},
            "duplicate-label",
            "Branch name 'a1' in revision d1 already used",
        ),
        (
            "d1",
            {"head": "b1", "branch_labels": "d1"},
            "duplicate-label",
            "Branch name 'd1' in revision d1 already used",
        ),
        (
            "d1",
            {},
            "multiple-heads",
            "Multiple heads are present; please specify the head revision on which the new revision should be based",
        ),
        (
            "d1",
            {"head": "a1"},
            "not-a-head",
            "Revision a1 is not a head revision; please specify --splice to create a new branch from this revision",
        ),
        ("d1", {"head": "nope"}, "unknown-revision", "Can't locate revision identified by 'nope'"),
        ("d1", {"head": ["b1", "lab"]}, "duplicate-heads", "Duplicate head revisions specified"),
        ("d1", {"head": "b1", "depends_on": "nope"}, "unknown-revision", "Can't locate revision identified by 'nope'"),
    ],
)
def test_refused(env: Environment, rev: str, options: dict[str, Any], code: str, text: str) -> None:
    scripts = history(env)
    before = sorted(os.listdir(env.versions))
    with pytest.raises(CommandError, match=text) as caught:
        scripts.generate_revision(rev, None, **options)
    assert caught.value.code == code
    assert [name for name in sorted(os.listdir(env.versions)) if name != "__pycache__"] == before


def test_splice(env: Environment) -> None:
    scripts = history(env)
    scripts.generate_revision("d1", None, head="a1", splice=True)
    assert scripts.get_heads() == ["b1", "c1", "d1"]


def test_a_file_is_never_written_over(env: Environment) -> None:
    env.write("d1_x.py", "note = 'mine'")
    with pytest.warns(LimbeckWarning), pytest.raises(CommandError, match="already exists") as caught:
        env.scripts().generate_revision("d1", "x")
    assert caught.value.code == "file-exists"


@pytest.mark.parametrize(
    ("change", "options", "code", "line", "text"),
    [
        (None, {}, "template-missing", None, "Can't read template"),
        (("pass", "${nothing}"), {}, "template-failed", 15, "Template rendering failed; see"),
        (("pass", "${1 / 0}"), {}, "template-failed", 15, "Template rendering failed; see"),
        (("pass", "${'"), {}, "template-syntax", 15, "Template can't be compiled"),
        (("def upgrade():", "% if x:"), {}, "template-syntax", None, "Template can't be compiled"),
        (
            ("def upgrade():", "def upgrade()"),
            {},
            "template-result",
            None,
            r"makes a file that is no Python: def upgrade\(\)",
        ),
        (
            ("branch_labels = ${repr(branch_labels)}\n", ""),
            {"branch_labels": "lab"},
            "template-result",
            None,
            r"Version a1 specified branch_labels lab, however the migration file .* does not have them",
        ),
        (
            ("depends_on = ${repr(depends_on)}\n", ""),
            {"depends_on": "z1"},
            "template-result",
            None,
            "'depends_on' section",
        ),
    ],
)
def test_template_that_fails(
    env: Environment, change: tuple[str, str] | None, options: dict[str, Any], code: str, line: int | None, text: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    env.revision("z1")
    if change is None:
        env.template.unlink()
    else:
        source = env.template.read_text()
        source = source.replace('${upgrades if upgrades else "pass"}', "pass")
        env.template.write_text(source.replace(change[0], change[1], 1))
    with pytest.raises(CommandError, match=text) as caught:
        env.scripts().generate_revision("a1", "m", head="base", **options)
    error = caught.value
    assert (error.code, error.file) == (code, str(env.template))
    if line:
        assert error.line == line
    assert [name for name in os.listdir(env.versions) if name != "__pycache__"] == ["z1_.py"]
    assert capsys.readouterr().out == f"Generating {env.versions}/a1_m.py ...  FAILED\n"


def test_template_without_labels_is_good_where_none_are_asked_for(env: Environment) -> None:
    """Templates of the oldest environments have neither labels nor dependencies."""
    env.template.write_text("revision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n")
    assert "revision = 'a1'" in generate(env.scripts(), "a1", "m")


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("${nothing}", "NameError: Undefined; nothing was written; a name that the template uses is not given"),
        ("${1 / 0}", "ZeroDivisionError: division by zero; nothing was written"),
    ],
)
def test_why_a_template_fails(env: Environment, expression: str, hint: str) -> None:
    env.template.write_text(f"one\n{expression}\n")
    with pytest.raises(CommandError) as caught:
        env.scripts().generate_revision("a1", "m")
    assert str(caught.value.hint).startswith(hint)
    written = Path(str(caught.value).removeprefix("Template rendering failed; see ").partition(" for")[0])
    assert expression in written.read_text()
    written.unlink()
