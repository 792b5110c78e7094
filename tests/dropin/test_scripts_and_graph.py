"""Script folders, revision maps and compiled environments as programs use them, on both sides."""

from __future__ import annotations

import compileall
import os
from pathlib import Path

import pytest
from environments import make
from side_by_side import Both, Tool

SETUP = """
    from pathlib import Path
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.script.revision import Revision, RevisionMap

    def config(**kw):
        return Config("alembic.ini", **kw)

    def mapped(*revisions):
        return RevisionMap(lambda: [Revision(*revision) for revision in revisions])

    line = mapped(("p1", None), ("p2", "p1"), ("p3", "p2"))
    labelled = mapped(("a", None, None, ("lab",)), ("b", "a"))
    """
FILES = {
    "alembic.ini": "[alembic]\nscript_location = history\n",
    "history/script.py.mako": "revision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n",
    "history/versions/s1.py": "revision, down_revision = 's1', None\ndef upgrade(): pass\ndef downgrade(): pass\n",
    "history/versions/s2.py": "revision, down_revision = 's2', 's1'\ndef upgrade(): pass\ndef downgrade(): pass\n",
}


def test_iterate_revisions_works_when_it_is_first_asked(both: Both) -> None:
    told = both(
        'it = line.iterate_revisions("p1", "p3")\ntype(it).__name__',
        "next(it)",
        '[node.revision for node in line.iterate_revisions("p3", "p1")]',
        "list(line.iterate_revisions(b'p1', None))",
        setup=SETUP,
    )
    assert told[:2] == ["'generator'", "RangeNotAncestorError: Revision p3 is not an ancestor of revision p1"]


def test_identifiers_that_are_no_text(both: Both) -> None:
    """A driver that gives bytes for the version column, a program that hands over a list."""
    values = ("b'123'", "(b'123',)", "5", "(5,)", "['p1', 'p2']", "('p1', 'p2')", "('p1',)", "[]", "()")
    told = both(
        *(f"getattr(line, {name!r})({value})" for value in values for name in ("get_revision", "get_revisions")),
        setup=SETUP,
    )
    expected = "RevisionError: revision identifier b'123' is not a string; ensure database driver settings are correct"
    assert told[0] == expected


def test_labels_are_a_set_of_ones_own(both: Both) -> None:
    both(
        'type(labelled.get_revision("a").branch_labels).__name__, type(Revision("a", None).branch_labels).__name__',
        'labelled.get_revision("b").branch_labels | {"x"}',
        'Revision("a", None, None, "x").branch_labels, Revision("a", None, None, ["x", "x"]).branch_labels',
        'labelled.get_revision("b").branch_labels == {"lab"}',
        setup=SETUP,
    )


def test_words_for_rows(both: Both) -> None:
    """Programs return ``script._upgrade_revs(...)`` from the ``fn`` of an EnvironmentContext of their own."""
    rows = ('"base"', '("base",)', "None", "()", '"head"', '"heads"', '"s1"', '("s1",)')
    told = both(
        *(f"[str(step) for step in script._upgrade_revs('heads', {value})]" for value in rows),
        *(f"[str(step) for step in script._downgrade_revs('base', {value})]" for value in rows[4:]),
        setup=SETUP + "script = ScriptDirectory.from_config(config())",
        files=FILES,
    )
    assert told[0] == "['upgrade  -> s1', 'upgrade s1 -> s2']"


def test_version_locations_are_resolved_when_files_are_asked_for(both: Both) -> None:
    files = {
        "one.ini": "[alembic]\nscript_location=history\nversion_locations=no_package:a x\npath_separator=space\n",
        "two.ini": "[alembic]\nscript_location=history\nversion_locations=C:\\some\\dir;D:\\x\npath_separator=;\n",
    }
    cells = (f'ScriptDirectory.from_config(Config("{name}")).version_locations' for name in files)
    told = both(*cells, setup=SETUP, files=FILES | files)
    assert told == ["['no_package:a', 'x']", "['C:\\\\some\\\\dir', 'D:\\\\x']"]


@pytest.mark.parametrize("labels", ['"mylabel"', '["x", "y"]', '("x", "y")', '("x",)'])
def test_a_label_that_the_template_has_no_place_for(both: Both, labels: str) -> None:
    (told,) = both(
        f"""
        script = ScriptDirectory("history", messaging_opts={{"quiet": True}})
        script.generate_revision("q1", "x", branch_labels={labels})
        """,
        setup=SETUP,
        files=FILES,
    )
    assert "specified branch_labels " in told


def test_a_path_that_is_no_version_location(both: Both) -> None:
    (told,) = both('command.revision(config(), version_path="nowhere/x/")', setup=SETUP, files=FILES)
    assert told == "CommandError: Path nowhere/x is not represented in current version locations"


def test_a_template_that_cannot_be_rendered(both: Both) -> None:
    """The message names a file that has the template's lines; the hint has the reason."""
    told = both(
        """
        import re
        script = ScriptDirectory("history", messaging_opts={"quiet": True})
        try:
            script.generate_revision("q1", "x")
        except Exception as error:
            found = str(error)
        path = re.search(r"see (.*) for", found)[1]
        re.sub(r"see .* for", "see FILE for", found), "<% q = u + v %>" in Path(path).read_text(), Path(path).unlink()
        """,
        setup=SETUP,
        files=FILES | {"history/script.py.mako": "<% q = u + v %>revision = 1\n"},
    )
    expected = "('Template rendering failed; see FILE for a template-oriented traceback.', True, None)"
    assert told == [expected]


def test_a_parent_that_is_not_there_is_a_key_error_too(both: Both) -> None:
    """Alembic warns before; here the error says it."""
    (told,) = both(
        """
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                mapped(("a", "nowhere")).heads
            except KeyError:
                found = "caught"
        found
        """,
        setup=SETUP,
    )
    assert told == "'caught'"


@pytest.mark.parametrize("place", ["env.pyc", "__pycache__"])
@pytest.mark.parametrize("sourceless", [False, True])
def test_a_product_that_ships_no_source(
    alembic: Tool, limbeck: Tool, tmp_path: Path, place: str, sourceless: bool
) -> None:
    printed = []
    for tool in (alembic, limbeck):
        folder = tmp_path / tool.name
        make(alembic, "generic", folder, f"sqlite:///{folder}/one.db")
        alembic.succeeds(folder, "revision", "--rev-id", "a1")
        if sourceless:
            ini = (folder / "alembic.ini").read_text()
            (folder / "alembic.ini").write_text(ini.replace("[alembic]", "[alembic]\nsourceless = true", 1))
        gone = [folder / "migrations" / "env.py"]
        gone += (folder / "migrations" / "versions").glob("*.py") if sourceless else []
        for file in gone:
            compileall.compile_file(file, legacy=place == "env.pyc", quiet=2)
            file.unlink()
        tool.succeeds(folder, "upgrade", "head")
        printed.append(tool.succeeds(folder, "current").out)
    assert printed[0] == printed[1] == f"a1 (head){os.linesep}"
