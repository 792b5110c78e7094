"""Findings of a review as text, and as what services for code review read."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from limbeck.explanations import DOCUMENTATION
from limbeck.findings import SEVERITIES
from limbeck.version import __version__

from .paths import from_here, in_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from limbeck.results import Json, LintFinding, LintResult, ObservedStatement

PAGE = f"{DOCUMENTATION}/lint.md"
"""Where the rules are described."""


def lines(found: LintResult, format: str, reasons: Mapping[str, str]) -> Iterator[str]:
    """The findings in a format: ``text``, ``github``, ``gitlab``, ``markdown`` or ``sarif``.

    :param reasons: of rules, by their names.
    """
    return sarif(found, reasons) if format == "sarif" else _FORMATS.get(format, text)(found)


def text(found: LintResult) -> Iterator[str]:
    """Each finding with its place and its safe code, and a last line that counts them."""
    for finding in found.findings:
        yield f"{place(finding)}: {finding.severity}[{finding.rule}]: {finding.message}"
        if finding.safe is not None:
            yield "  write instead:"
            yield from (f"    {line}".rstrip() for line in finding.safe.splitlines())
    yield from observed(found)
    yield summary(found)


def observed(found: LintResult) -> Iterator[str]:
    """What statements did on a scratch database, one a line; nothing where there was none."""
    if found.observed is not None:
        yield "observed on a scratch database:"
        yield from (f"  {_at(one)}: {one.in_words()}: {_short(one.sql)}" for one in found.observed)
        if not found.observed:
            yield "  nothing was locked"


def _at(one: ObservedStatement) -> str:
    return one.revision if one.file is None else f"{from_here(one.file)}:{one.line}"


_LENGTH = 80


def _short(sql: str) -> str:
    """A statement in one line, cut where it is long."""
    line = " ".join(sql.split())
    return line if len(line) <= _LENGTH else f"{line[: _LENGTH - 1]}…"


def summary(found: LintResult) -> str:
    """How much was reviewed and found."""
    return f"{_number(len(found.revisions), 'revision')} reviewed: {counted(found.findings)}"


def counted(findings: Iterable[LintFinding]) -> str:
    """How many findings there are of each severity: ``1 error, 2 notes``."""
    numbers = Counter(finding.severity for finding in findings)
    return ", ".join(_number(numbers[word], _WORDS[word]) for word in SEVERITIES if numbers[word]) or "nothing found"


_WORDS = {"error": "error", "warning": "warning", "info": "note"}


def _number(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def place(finding: LintFinding) -> str:
    """File and line."""
    line = "" if finding.line is None else f":{finding.line}"
    return f"{from_here(finding.file)}{line}"


_GITHUB = {"error": "error", "warning": "warning", "info": "notice"}


def github(found: LintResult) -> Iterator[str]:
    """Workflow commands of GitHub Actions, which annotate the lines of a pull request."""
    for finding in found.findings:
        line = f",line={finding.line}" if finding.line is not None else ""
        body = finding.message if finding.safe is None else f"{finding.message}\nwrite instead:\n{finding.safe}"
        yield (
            f"::{_GITHUB[finding.severity]} file={_property(in_repository(finding.file))}{line},"
            f"title={_property(finding.rule)}::{_data(body)}"
        )
    yield summary(found)


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


_GITLAB = {"error": "critical", "warning": "major", "info": "info"}


def gitlab(found: LintResult) -> Iterator[str]:
    """A Code Quality report of GitLab."""
    report: list[Json] = [
        {
            "description": finding.message,
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": _GITLAB[finding.severity],
            "location": {"path": in_repository(finding.file), "lines": {"begin": finding.line or 1}},
        }
        for finding, fingerprint in _fingerprints(found)
    ]
    yield json.dumps(report, indent=2)


def _fingerprints(found: LintResult) -> Iterator[tuple[LintFinding, str]]:
    """The findings, each with a text that is its own, and the same in another checkout, whatever stands above it."""
    seen: Counter[str] = Counter()
    for finding in found.findings:
        text = f"{finding.rule} {finding.revision} {finding.message}"
        seen[text] += 1
        yield finding, sha256(f"{text} {seen[text]}".encode()).hexdigest()


def markdown(found: LintResult) -> Iterator[str]:
    """A table, and the safe code below it, for a comment on a pull request."""
    yield summary(found)
    if found.findings:
        yield from _table(found)
    if found.observed:
        yield ""
        yield "Observed on a scratch database:"
        yield ""
        yield "| where | what was locked, read and written anew | statement |"
        yield "| --- | --- | --- |"
        for one in found.observed:
            yield f"| `{_at(one)}` | {_cell(one.in_words())} | `{_cell(_short(one.sql))}` |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table(found: LintResult) -> Iterator[str]:
    yield ""
    yield "| | where | what |"
    yield "| --- | --- | --- |"
    for finding in found.findings:
        yield f"| {finding.severity} | `{place(finding)}` | **{finding.rule}**: {_cell(finding.message)} |"
    for finding in found.findings:
        if finding.safe is not None:
            yield ""
            yield f"<details><summary>Safe code for <code>{place(finding)}</code> ({finding.rule})</summary>"
            yield ""
            yield "```python"
            yield from finding.safe.splitlines()
            yield "```"
            yield ""
            yield "</details>"


_SARIF = {"error": "error", "warning": "warning", "info": "note"}


def sarif(found: LintResult, reasons: Mapping[str, str]) -> Iterator[str]:
    """A log in the Static Analysis Results Interchange Format, version 2.1.0."""
    names = sorted({finding.rule for finding in found.findings})
    log: Json = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "limbeck lint",
                        "version": __version__,
                        "informationUri": PAGE,
                        "rules": [_rule(name, reasons.get(name, name)) for name in names],
                    }
                },
                "results": [_result(finding, fingerprint, names) for finding, fingerprint in _fingerprints(found)],
            }
        ],
    }
    yield json.dumps(log, indent=2)


def _rule(name: str, reason: str) -> Json:
    return {
        "id": name,
        "shortDescription": {"text": name},
        "fullDescription": {"text": reason},
        "help": {"text": reason},
        "helpUri": f"{PAGE}#{name}",
    }


def _result(finding: LintFinding, fingerprint: str, names: list[str]) -> Json:
    body = finding.message if finding.safe is None else f"{finding.message}\n\nWrite instead:\n\n{finding.safe}"
    return {
        "ruleId": finding.rule,
        "ruleIndex": names.index(finding.rule),
        "level": _SARIF[finding.severity],
        "message": {"text": body},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(in_repository(finding.file))},
                    "region": {"startLine": finding.line or 1},
                }
            }
        ],
        "partialFingerprints": {"limbeck/v1": fingerprint},
    }


_FORMATS: dict[str, Callable[[LintResult], Iterator[str]]] = {
    "text": text,
    "github": github,
    "gitlab": gitlab,
    "markdown": markdown,
}
