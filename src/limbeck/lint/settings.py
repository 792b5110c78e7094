"""What the configuration says of the review: rules and severities, and the settings that docs/lint.md lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from limbeck import sizes
from limbeck.errors import WrongValue
from limbeck.findings import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Collection

    from limbeck.config import Config
    from limbeck.findings import Severity

    from .rule import Rule

OFF = "off"
LARGE = "1GB"
_ENTRY = re.compile(r"(?P<rule>[\w-]+)\s*(?:@\s*(?P<table>[^=\s]+))?\s*=\s*(?P<severity>\w+)")


class Setting(NamedTuple):
    """The severity of a rule.

    :param rule: the rule. :param table: a pattern, as ``audit_*``, of the tables that it is about; None: all.
    :param severity: how bad a finding is; ``off``: there is none.
    """

    rule: str
    table: str | None
    severity: str


class Settings(NamedTuple):
    """What is configured.

    :param rules: severities, the last that fits counts.
    :param fail_on: findings as bad as this, or worse, fail the command.
    :param start: the revision from which on revisions are reviewed; None: all.
    :param large: bytes from which on a table counts as large.
    :param target: the version of the server that revisions are for; None: that of the database.
    """

    rules: tuple[Setting, ...] = ()
    fail_on: Severity = "error"
    start: str | None = None
    large: int = sizes.size(LARGE)
    target: tuple[int, ...] | None = None

    def severity(self, rule: Rule, table: str, grade: int = 0) -> Severity | None:
        """How bad a finding of a rule is, in a table; None where the rule is off.

        :param grade: grades that the database makes it worse, or milder; what is configured stays as it is.
        """
        found: str = _graded(rule.severity, grade) if rule.is_on else OFF
        for setting in self.rules:
            if setting.rule == rule.name and (setting.table is None or fnmatchcase(table, setting.table)):
                found = setting.severity
        return None if found == OFF else _severity(found)


def _graded(severity: Severity, grade: int) -> str:
    """A severity that is ``grade`` worse; ``off`` below the mildest."""
    milder = SEVERITIES.index(severity) - grade
    return OFF if milder >= len(SEVERITIES) else SEVERITIES[max(milder, 0)]


def settings(config: Config, known: Collection[str], fail_on: str | None = None) -> Settings:
    """What a configuration says.

    :param known: the names of all rules. :param fail_on: what the command line says instead of ``lint_fail_on``.
    :raises WrongValue: for a rule that there is not, and for a word that is no severity.
    """
    start = config.get_alembic_option("lint_start")
    return given(
        known,
        config.get_alembic_option("lint_rules", ""),
        fail_on or str(config.get_alembic_option("lint_fail_on", "error")),
        None if start is None else str(start),
        config.config_file_name or config.toml_file_name,
        str(config.get_alembic_option("large_table", LARGE)),
        str(config.get_alembic_option("target_version", "")),
    )


def given(
    known: Collection[str],
    rules: object,
    fail_on: str = "error",
    start: str | None = None,
    file: str | None = None,
    large: str = LARGE,
    target: str = "",
) -> Settings:
    """Settings of values; parameters as those of `settings` and `Settings`.

    :param rules: severities, as ``lint_rules`` has them. :param file: where they stand.
    """
    if fail_on not in SEVERITIES:
        raise _wrong(f"lint_fail_on = {fail_on!r} is no severity", f"write {', '.join(SEVERITIES)}", file)
    severities = tuple(_setting(entry, known, file) for entry in _entries(rules))
    return Settings(severities, _severity(fail_on), start, _size("large_table", large, file), _version(target, file))


def _version(text: str, file: str | None) -> tuple[int, ...] | None:
    if text and not re.fullmatch(r"\d+(\.\d+)*", text):
        raise _wrong(f"target_version = {text!r} is no version", "write 15, 10.6 or 8.0.36", file)
    return tuple(map(int, text.split("."))) if text else None


def _size(name: str, text: str, file: str | None) -> int:
    try:
        return sizes.size(text)
    except ValueError:
        raise _wrong(f"{name} = {text!r} is no size", "write 500MB, 1GB or a number of bytes", file) from None


KINDS_OF_NAMES = ("table", "column", "index", "unique", "primary-key", "foreign-key", "check")
PLAIN = "[a-z][a-z0-9_]*"
"""The pattern of names where ``lint_names`` says no other: they need no quotes."""


def name_patterns(config: Config | None) -> dict[str, str]:
    """The regular expression of each kind of name, as ``lint_names`` says.

    :raises WrongValue: for a kind that there is not, and what is no regular expression.
    """
    patterns: dict[str, str] = dict.fromkeys(KINDS_OF_NAMES, PLAIN)
    file = None if config is None else config.config_file_name or config.toml_file_name
    for entry in _entries(config.get_alembic_option("lint_names", "") if config else ""):
        kind, _, pattern = (part.strip() for part in entry.partition("="))
        if kind not in patterns or not _compiles(pattern):
            hint = f"write kind = regular expression; kinds are {', '.join(KINDS_OF_NAMES)}"
            raise _wrong(f"lint_names has {entry!r}, which is no kind of name with a pattern", hint, file)
        patterns[kind] = pattern
    return patterns


def _compiles(pattern: str) -> bool:
    try:
        return bool(re.compile(pattern).pattern)
    except re.error:
        return False


def on_upgrade(config: Config, lint: bool | None = None, fail_on: str | None = None) -> str | None:
    """How bad findings are that keep an upgrade from running; None where its revisions are not reviewed.

    :param lint: what the command line says: to review them, or not to; None: as ``lint_on_upgrade`` says.
    :param fail_on: what it says of the severity, which asks for a review too.
    :raises WrongValue: where ``lint_on_upgrade`` is no severity.
    """
    configured = str(config.get_alembic_option("lint_on_upgrade", OFF))
    if configured not in (*SEVERITIES, OFF):
        hint = f"write {', '.join(SEVERITIES)} or {OFF}"
        file = config.config_file_name or config.toml_file_name
        raise _wrong(f"lint_on_upgrade = {configured!r} is no severity", hint, file)
    if lint is False:
        return None
    if fail_on is not None or configured != OFF:
        return fail_on or configured
    return str(config.get_alembic_option("lint_fail_on", "error")) if lint else None


def _entries(value: object) -> Iterable[str]:
    """The entries of a list, or of a text with one a line or commas between them."""
    if not isinstance(value, str) and isinstance(value, Iterable):
        return [str(entry).strip() for entry in value]
    return [entry for part in re.split(r"[,\n]", str(value)) if (entry := part.strip())]


def _setting(entry: str, known: Collection[str], file: str | None) -> Setting:
    found = _ENTRY.fullmatch(entry)
    if found is None or found["severity"] not in (*SEVERITIES, OFF):
        hint = "write rule = error, warning, info or off, as in `drop-column@audit_* = off`"
        raise _wrong(f"lint_rules has {entry!r}, which is no rule with a severity", hint, file)
    if found["rule"] not in known:
        from difflib import get_close_matches

        near = get_close_matches(found["rule"], list(known), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "docs/lint.md lists the rules"
        raise _wrong(f"lint_rules names {found['rule']!r}, and there is no such rule", hint, file)
    return Setting(found["rule"], found["table"], found["severity"])


def _severity(word: str) -> Severity:
    return next(severity for severity in SEVERITIES if severity == word)


def _wrong(fact: str, hint: str, file: str | None) -> WrongValue:
    return WrongValue(fact, code="lint-setting", hint=hint, file=file)
