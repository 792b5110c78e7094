"""Findings: what an examination has to say about a file, or a check about a history, with a place and a way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The most severe first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    :param code: kebab-case name of the rule that found it; it does not change between releases.
    :param severity: ``"error"``, ``"warning"`` or ``"info"``.
    :param message: the fact, in one sentence.
    :param hint: what to do, in one sentence.
    :param file: path of the file concerned; None where there is none.
    :param line: line in that file, counted from 1; None where the finding is about the whole file.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    file: str | None = None
    line: int | None = None
