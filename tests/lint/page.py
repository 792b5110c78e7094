"""The sections of docs/lint.md that tell of rules: `make lint-page` writes them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from limbeck.lint.rule import Rule

PAGE = Path(__file__).parents[2] / "docs" / "lint.md"
START = "## The rules\n"
DATABASES = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}


def section(rule: Rule, safe: str | None, fixable: bool) -> str:
    """The section of a rule.

    :param safe: the code to write instead of its first example. :param fixable: whether `--fix` writes it.
    """
    about = " and ".join(DATABASES[name] for name in rule.dialects) or "Every database"
    off = "" if rule.is_on else "; off where nothing is configured"
    code = f"# found\n{rule.examples.found[0]}\n"
    if safe is not None:
        code += f"\n# to write instead\n{safe}\n"
    fixed = " `--fix` writes the safe code." if fixable else ""
    return f"### {rule.name}\n\n{about}, {rule.severity}{off}. {rule.why}{fixed}\n\n```python\n{_formatted(code)}```\n"


def _formatted(code: str) -> str:
    """Code as `make format` leaves it, which formats the pages too."""
    command = [Path(sys.executable).with_name("ruff"), "format", "--stdin-filename", str(PAGE.with_suffix(".py")), "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=True).stdout


def names() -> list[str]:
    """The rules that the page has sections of."""
    return re.findall(r"^### ([\w-]+)$", PAGE.read_text(encoding="utf-8").partition(START)[2], re.MULTILINE)


def write(rule: Rule, safe: str | None, fixable: bool) -> None:
    """Put the section of a rule into the page, in the order of their names."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    sections = {part.partition("\n")[0]: f"### {part}" for part in rest.split("### ")[1:]}
    sections[rule.name] = f"{section(rule, safe, fixable)}\n"
    body = "".join(sections[name].rstrip() + "\n\n" for name in sorted(sections))
    PAGE.write_text(f"{head}{START}\n{body.rstrip()}\n", encoding="utf-8")
