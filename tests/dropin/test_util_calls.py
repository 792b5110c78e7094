"""The calls of ``alembic.util`` that are a line over ours: the same answers as the reference's, one by one."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

CALLS = """
    util.to_tuple("a")
    util.to_tuple(None)
    util.to_tuple(None, ("x",))
    util.to_tuple([1, 2])
    util.to_tuple(5)
    util.dedupe_tuple(("b", "a", "b"))
    util.not_none("x")
    util.not_none(None)
    util.format_as_comma(None)
    util.format_as_comma("a")
    util.format_as_comma(["a", "b"])
    util.format_as_comma(5)
    util.obfuscate_url_pw("postgresql://a:b@c/d")
    util.asbool("no"), util.asbool("y"), util.asbool(1)
    util.to_list("a"), util.unique_list([1, 2, 1]), dict(util.immutabledict({"a": 1}))
    util.msg("hello")
    util.msg("hello", quiet=True)
    util.msg("hello", newline=False)
    said(util.status("doing"))
    said(util.status("doing", newline=True))
    said(util.status("doing", quiet=True))
    util.write_outstream(sys.stdout, "a", "b")
    util.write_outstream(sys.stdout, "a", quiet=True)
    warned(util.warn, "careful")
    warned(util.warn_deprecated, "old")
    util.load_python_file(folder, "module.py").value
    str(util.coerce_resource_to_filename("some/path"))
    type(util.coerce_resource_to_filename("some/path")).__name__
    util.template_to_file(f"{folder}/t.mako", f"{folder}/out", "utf-8", name="x"), open(f"{folder}/out").read()
    util.template_to_file(f"{folder}/t.mako", f"{folder}/out", "utf-8", append_with_newlines=True, name="y")
    open(f"{folder}/out").read()
    util.open_in_editor(f"{folder}/out", {"EDITOR": "true", "PATH": path})
    revision.tuple_rev_as_scalar(None), revision.tuple_rev_as_scalar(("a",)), revision.tuple_rev_as_scalar(("a", "b"))
    revision.is_revision(revision.Revision("a", None)).revision
    revision.is_revision("a")
    base._slug_re.findall("a b-c"), base._default_file_template
    sqla_compat.constraint_name_or_none(None), sqla_compat.constraint_name_or_none("x")
    sqla_compat.sqla_2_1, sqla_compat.sqlalchemy_version, len(util.rev_id())
    util.DispatchPriority.FIRST > util.DispatchPriority.LAST, util.PriorityDispatchResult.STOP.name
    util.exc.CommandError is util.CommandError, issubclass(util.DatabaseNotAtHead, util.CommandError)
"""

SCRIPT = """
import contextlib, io, os, sys, warnings
from alembic import util
from alembic.script import base, revision
from alembic.util import sqla_compat

folder, path = sys.argv[1], os.environ["PATH"]

def said(framed):
    with framed:
        pass

def warned(function, text):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(text)
    return [(one.category.__name__, str(one.message)) for one in caught]

for call in sys.stdin.read().splitlines():
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            answer = repr(eval(call))
    except Exception as error:
        answer = type(error).__name__
    print(call, "->", answer, repr(out.getvalue()))
"""


def answers(python: str, before: str, folder: Path) -> list[str]:
    (folder / "module.py").write_text("value = 7\n")
    (folder / "t.mako").write_text("hello ${name}\n")
    done = subprocess.run(
        [python, "-c", before + SCRIPT, str(folder)],
        input=textwrap.dedent(CALLS).strip(),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.splitlines()[-1]
    return done.stdout.splitlines()


def test_the_same_answers(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    there = answers(str(reference), "", tmp_path_factory.mktemp("there"))
    here = answers(sys.executable, "import limbeck; limbeck.install_as_alembic()\n", tmp_path_factory.mktemp("here"))
    assert len(there) == len(CALLS.strip().splitlines())
    assert [pair for pair in zip(there, here, strict=True) if pair[0] != pair[1]] == []


def test_err_ends_the_process_as_the_command_line_does() -> None:
    script = "import limbeck; limbeck.install_as_alembic(); from alembic.util import err; err('no good')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "error[command-error]: no good\n")
