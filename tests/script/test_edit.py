"""The editor that opens a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from limbeck.errors import CommandError
from limbeck.script.edit import find_editor, open_in_editor


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Programs that note what they are asked to open."""
    for name in ("vim", "nano", "mine", "my editor"):
        file = tmp_path / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/opened\n')
        file.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ["nano"]),
        ({"EDITOR": "mine"}, ["mine"]),
        ({"VISUAL": "mine"}, ["mine"]),
        ({"EDITOR": "vim", "VISUAL": "mine"}, ["vim"]),
        ({"EDITOR": "not-there", "VISUAL": "mine"}, ["mine"]),
        ({"EDITOR": "not-there"}, ["nano"]),
        ({"EDITOR": "{dir}/mine"}, ["mine"]),
        ({"EDITOR": "{dir}/my editor"}, ["my editor"]),
        ({"EDITOR": "mine --wait -n"}, ["mine", "--wait", "-n"]),
        ({"EDITOR": "  "}, ["nano"]),
    ],
)
def test_choice(programs: Path, environ: dict[str, str], expected: list[str]) -> None:
    environ = {name: value.format(dir=programs) for name, value in environ.items()}
    found = find_editor({"PATH": str(programs), **environ})
    assert [os.path.basename(found[0]), *found[1:]] == expected


def test_opening(programs: Path) -> None:
    open_in_editor("/x/a.py", {"PATH": str(programs), "EDITOR": "mine -w"})
    assert (programs / "opened").read_text() == "mine -w /x/a.py\n"


def test_no_editor(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        open_in_editor("/x/a.py", {"PATH": str(tmp_path)})
    assert caught.value.code == "no-editor"
    assert str(caught.value) == (
        'Error executing editor (No suitable editor found. Please set the "EDITOR" or "VISUAL" environment variables)'
    )


def test_editor_that_fails(programs: Path) -> None:
    (programs / "mine").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(CommandError, match=r"Error executing editor .* non-zero exit status 3") as caught:
        open_in_editor("/x/a.py", {"PATH": str(programs), "EDITOR": "mine"})
    assert caught.value.code == "editor-failed"
