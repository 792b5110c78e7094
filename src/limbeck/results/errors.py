"""Errors, and what their codes mean."""

from __future__ import annotations

from dataclasses import dataclass

from .result import Result


@dataclass(frozen=True, slots=True)
class ExplanationResult(Result):
    """What ``explain`` says of a code.

    :param code: the code of an error or a warning.
    :param meaning: what it says.
    :param cause: how it comes about.
    :param way_out: what to do.
    :param address: where the documentation has it.
    """

    schema = "limbeck.explanation"

    code: str
    meaning: str
    cause: str
    way_out: str
    address: str


@dataclass(frozen=True, slots=True)
class ErrorResult(Result):
    """An error: what a command with ``--json`` writes instead of its result.

    :param code: kebab-case name of the error; it does not change between releases.
    :param message: the fact, in one sentence.
    :param hint: what to do, in one sentence; null where nothing is known.
    :param file: path of the file concerned; null where there is none.
    :param line: line in that file, counted from 1; null where none is known.
    :param notes: what is to be known besides, such as the step that failed.
    :param exit_code: exit code of the process.
    """

    schema = "limbeck.error"

    code: str
    message: str
    hint: str | None
    file: str | None
    line: int | None
    notes: tuple[str, ...]
    exit_code: int
