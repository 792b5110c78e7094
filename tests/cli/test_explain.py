"""``limbeck explain CODE``: what an error means, how it comes about, what to do."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from json_document import document

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("code", ["not-up-to-date", "error[not-up-to-date]:"])
def test_a_code_is_explained(bare: Run, code: str) -> None:
    done = bare("explain", code)
    assert done.returncode == 0
    assert done.stdout == (
        "not-up-to-date: A comparison needs a database at the heads.\n"
        "  cause: Revisions are pending.\n"
        "  do: `limbeck upgrade heads`; a database that was made without migrations gets `limbeck stamp <revision>`.\n"
        "  page: https://github.com/limbeck/limbeck/blob/main/docs/errors.md#not-up-to-date\n"
    )


def test_an_explanation_as_json(bare: Run) -> None:
    found = document(bare("explain", "cycle", "--json").stdout)
    assert (found["schema"], found["code"], found["meaning"]) == (
        "limbeck.explanation",
        "cycle",
        "Revisions are each other's ancestors.",
    )


def test_a_code_that_is_none(bare: Run) -> None:
    done = bare("explain", "not-uptodate")
    assert done.returncode == 3
    assert done.stderr.startswith(
        "error[unknown-code]: No error has the code 'not-uptodate'\n  hint: did you mean 'not-up-to-date'? "
    )
