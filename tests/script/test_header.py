"""Headers are read without running the file, and are what an import would give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limbeck.script.header import BROKEN, DYNAMIC, LITERAL, STRAY, Header, docstring, read
from limbeck.script.load import header_of, load_python_file

HEAD = 'revision = "a"\ndown_revision = None\n'


@pytest.mark.parametrize(
    ("source", "header"),
    [
        (HEAD, Header(LITERAL, "a")),
        ('"""doc\n\nmore"""\n' + HEAD, Header(LITERAL, "a", doc="doc")),
        ('"""\n one\n two\n\nmore\n"""\n' + HEAD, Header(LITERAL, "a", doc="one\n two")),
        ("import x\n'''late'''\n" + HEAD, Header(LITERAL, "a")),
        (
            (
                "from typing import Sequence\nrevision: str = 'a'\ndown_revision: Sequence[str] | None = ('b', 'c')\n"
                "branch_labels = ['l']\ndepends_on: str = 'd' 'e'\n"
            ),
            Header(LITERAL, "a", ("b", "c"), ["l"], "de"),
        ),
        ("revision = 'x'\n" + HEAD, Header(LITERAL, "a")),
        ("a = revision = 'r'\ndown_revision = None\n", Header(LITERAL, "r")),
        (HEAD + "def upgrade():\n    down_revision = 'local'\n", Header(LITERAL, "a")),
        ("from sqlalchemy import *\n" + HEAD, Header(DYNAMIC)),
        ("from sqlalchemy import *\n" + HEAD + "branch_labels = None\ndepends_on = None\n", Header(LITERAL, "a")),
        (
            "from sqlalchemy import *\n" + HEAD + "branch_labels = None\ndepends_on = None\ndef upgrade(): pass\n",
            Header(LITERAL, "a"),
        ),
        (HEAD + "branch_labels = None\ndepends_on = None\nfrom sqlalchemy import *\n", Header(DYNAMIC)),
        ("revision = make()\ndown_revision = None\n", Header(DYNAMIC)),
        ("revision, down_revision = 'a', None\n", Header(DYNAMIC)),
        (HEAD + "if x:\n    down_revision = 'b'\n", Header(DYNAMIC)),
        (HEAD + "from x import y as depends_on\n", Header(DYNAMIC)),
        (HEAD + "def branch_labels(): pass\n", Header(DYNAMIC)),
        (HEAD + "del revision\n", Header(DYNAMIC)),
        (HEAD + "print(revision := 'b')\n", Header(DYNAMIC)),
        (HEAD + "down_revision += 'x'\n", Header(DYNAMIC)),
        ("revision: str\n", Header(STRAY)),
        ("x = 1\n", Header(STRAY)),
        ("down_revision = 'b'\n", Header(STRAY, down_revision="b")),
        ("revision = 'a'\n", Header(BROKEN, problem="the file sets 'revision' but not 'down_revision'")),
        (
            "revision = 12\ndown_revision = None\n",
            Header(BROKEN, 12, problem="'revision' must be a string, not 12"),
        ),
        (
            "revision = 'a'\ndown_revision = ('b', 1)\n",
            Header(BROKEN, "a", ("b", 1), problem="'down_revision' must be a string, None or a sequence of strings"),
        ),
    ],
)
def test_what_is_read(source: str, header: Header) -> None:
    assert read(source.encode()) == header


@pytest.mark.parametrize(
    ("source", "state", "problem", "line"),
    [
        (HEAD + "def upgrade():\n    x = = 1\n", LITERAL, "syntax error: invalid syntax", 4),
        (HEAD + "def upgrade():\npass\n", LITERAL, "syntax error: expected an indented block", 4),
        (HEAD + "x = (\n", LITERAL, "syntax error: '(' was never closed", 3),
        (HEAD + "x = '''\n", LITERAL, "syntax error: unterminated triple-quoted string", 3),
        ("<<<<<<< ours\n" + HEAD, BROKEN, "syntax error: invalid syntax", 1),
        ("revision = 'a'\n=======\ndown_revision = None\n", BROKEN, "syntax error: invalid syntax", 2),
        (HEAD + "x = = 1\ndepends_on = 'late'\n", BROKEN, "syntax error: invalid syntax", 3),
        (HEAD.encode() + b"x = '\xff'\n", LITERAL, "the file is not UTF-8", 3),
        (b"revision = '\xff'\n", BROKEN, "the file is not UTF-8", 1),
        (HEAD.encode() + b"# \x00\n", LITERAL, "the file has a null byte", 3),
    ],
)
def test_files_that_python_cannot_compile(source: str | bytes, state: int, problem: str, line: int) -> None:
    """The header counts where all of it precedes the error."""
    found = read(source if isinstance(source, bytes) else source.encode())
    assert (found.state, found.line) == (state, line)
    assert (found.problem or "").startswith(problem)
    assert found.revision == ("a" if state == LITERAL else None)


def test_other_encodings_by_their_cookie() -> None:
    source = "# -*- coding: latin-1 -*-\n'''é'''\n".encode("latin-1") + HEAD.encode()
    assert read(source) == Header(LITERAL, "a", doc="é")


def test_whole_docstring_also_of_a_broken_file() -> None:
    assert docstring(b"'''a\n\nb\n'''\n") == "a\n\nb"
    assert docstring(b"'''a\n\nb\n'''\nrevision = 'x'\nx = = 1\n") == "a\n\nb"
    assert docstring(b"x = 1\n") == ""


names = st.text("abcdef0123456789_", min_size=1, max_size=8)
sequences = st.lists(names, max_size=3)
values = st.none() | names | sequences | sequences.map(tuple)
annotations = st.sampled_from(["", ": str", ": 'str | None'"])
noise = st.sampled_from(
    ["", "import os\n", "x = 1\n", "if True:\n    y = 2\n", "def upgrade(): pass\n", "for i in (): pass\n", "# note\n"]
)


@st.composite
def files(draw: st.DrawFn) -> str:
    lines = [draw(st.sampled_from(["", '"""doc"""\n', '"""a\nb\n\nc"""\n', "'x' 'y'\n"]))]
    revision = draw(st.one_of(names, names, st.none(), st.integers(0)))
    given_values: dict[str, Any] = {"revision": revision}
    for name in ("down_revision", "branch_labels", "depends_on"):
        if draw(st.integers(0, 3)):
            given_values[name] = draw(values)
    for name in draw(st.permutations(list(given_values))):
        lines.append(draw(noise))
        value = repr(given_values[name])
        lines.append(draw(st.sampled_from([f"{name}{draw(annotations)} = {value}\n", f"z = {name} = {value}\n"])))
    lines.append(draw(noise))
    return "".join(lines)


@settings(max_examples=150, deadline=None)
@given(source=files())
def test_reading_equals_importing(source: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("generated") / "generated.py"  # Python takes one of the same second for unchanged
    Path(path).write_text(source)
    assert read(source.encode()) == header_of(load_python_file(str(path)))
