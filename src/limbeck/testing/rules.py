"""Lint rules, tested by their examples: what they find, what they do not, and the code that they give instead.

Limbeck's own rules are tested by it, and those of packages can be, with pytest or without.
"""

from __future__ import annotations

import io
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.config import Config
from limbeck.lint import engine
from limbeck.lint.ranges import Range
from limbeck.lint.rules import rules
from limbeck.lint.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from limbeck.lint.rule import Rule
    from limbeck.results import LintFinding

SCRIPT = '''\
"""{doc}"""
import sqlalchemy as sa
from limbeck import op

revision = "{id}"
down_revision = {down}
{header}

def upgrade():
    {body}


def downgrade():
    {back}
'''

NO_WAY_BACK = "raise NotImplementedError"

NOT_SEEN_HERE = frozenset({"rows-may-not-fit", "old-writers-refused"})
"""Rules that safe code may draw: only the rows can tell, or the application."""


class Revisions:
    """An environment whose revisions are bodies of ``upgrade()``, one after the other.

    :param root: a folder, empty or missing. :param url: of its database. :param settings: lines of the configuration.
    """

    def __init__(self, root: Path, url: str, settings: str = "edition = 2026") -> None:
        self.root, self.url, self.settings = root, url, settings
        self.versions = root / "m" / "versions"
        self.versions.mkdir(parents=True)
        (root / "m" / "env.py").write_text("from limbeck import context\ncontext.run()\n")
        self.out = io.StringIO()

    def config(self) -> Config:
        """Its configuration; what commands print goes to ``out``."""
        ini, url = self.root / "alembic.ini", self.url.replace("%", "%%")
        head = f"[alembic]\nscript_location = %(here)s/m\npath_separator = os\nsqlalchemy.url = {url}\n"
        ini.write_text(head + self.settings + "\n")
        self.out = io.StringIO()
        return Config(ini, stdout=self.out, output_buffer=self.out)

    def write(self, *bodies: str, back: str = NO_WAY_BACK, header: str = "", doc: str = "", twin: bool = False) -> None:
        """Make ``bodies`` the revisions a0, a1, ...; with a ``twin``, b0 stands beside them, which does nothing.

        :param back: the body of ``downgrade()``. :param header: lines above the functions. :param doc: the message.
        """
        for old in self.versions.rglob("*.py*"):  # bytecode too: two texts of one length in one second look the same
            old.unlink()
        for number, body in enumerate(bodies):
            text = SCRIPT.format(
                id=f"a{number}",
                down=repr(f"a{number - 1}") if number else None,
                body=body.replace("\n", "\n    "),
                back=back.replace("\n", "\n    "),
                header=header,
                doc=doc or f"Change the accounts, part {number}",
            )
            (self.versions / f"a{number}_.py").write_text(text)
        if twin:
            text = SCRIPT.format(id="b0", down=None, body="pass", back="pass", header="", doc="Stand beside")
            (self.versions / "b0_.py").write_text(text)

    def findings(self, rule: Rule) -> list[LintFinding]:
        """What ``rule`` and all other rules find in the revisions."""
        config = self.config()
        known = [*(one for one in rules() if one.name != rule.name), rule]
        by = engine.Reviewer(known, settings(config, engine.names(known)))
        found = engine.lint(environment_of(config), Range("base:heads"), by).findings
        return [one for one in found if one.revision != "b0"]

    def upgrade(self) -> None:
        """Run the revisions."""
        command.upgrade(self.config(), "heads")

    def sql(self, *statements: str) -> None:
        """Execute statements, in one transaction."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


Kind = Literal["found", "near", "exempt", "allowed", "safe"]


@dataclass(frozen=True)
class Example:
    """A test of a rule.

    :param rule: the rule. :param kind: ``found``: it finds something in the code; ``near``: it finds nothing;
        ``exempt``: nothing, since the table is new; ``allowed``: nothing where a comment allows it; ``safe``: the code
        that it gives instead of this runs, and draws no finding.
    :param number: which of the rule's examples. :param code: the code.
    """

    rule: Rule
    kind: Kind
    number: int
    code: str

    def __str__(self) -> str:
        return f"{self.rule.name}-{self.kind}-{self.number}"

    def check(self, root: Path, url: str | None = None, *, needs_safe: bool = True) -> None:
        """Carry it out.

        :param root: an empty folder. :param url: of an empty database; default: a file of SQLite in ``root``.
        :param needs_safe: False for a rule about what cannot always be done otherwise: it may give no safe code.
        :raises AssertionError: where it is not as it should be.
        """
        shown = self.rule.examples
        on = "" if self.rule.is_on else f"\nlint_rules = {self.rule.name}={self.rule.severity}"
        place = Revisions(root / "reviewed", url or f"sqlite:///{root / 'example.db'}", f"{shown.settings}{on}")
        place.sql(*shown.given)
        with _importable(place, shown.module):
            if self.kind in {"near", "exempt"}:
                place.write(self.code)
                assert self._own(place) == [], f"{self.rule.name} finds something"
                return
            place.write(self.code, back=shown.back, doc=shown.message, twin=shown.twin)
            found = self._own(place)
            assert found, f"{self.rule.name} finds nothing"
            assert {one.severity for one in found} == {self.rule.severity}
            if self.kind == "allowed":
                self._allow(place, found)
            elif self.kind == "safe":
                self._write_instead(place, found[0], needs_safe=needs_safe)

    def _own(self, place: Revisions) -> list[LintFinding]:
        return [one for one in place.findings(self.rule) if one.rule == self.rule.name]

    def _allow(self, place: Revisions, found: list[LintFinding]) -> None:
        """Comments above the lines allow all that is found, and are needed."""
        file = place.versions / "a0_.py"
        assert {one.file for one in found} == {str(file)}
        text = file.read_text().splitlines()
        for line in sorted({one.line or 2 for one in found}, reverse=True):
            indent = text[line - 1][: len(text[line - 1]) - len(text[line - 1].lstrip())]
            text.insert(line - 1, f"{indent}# limbeck: allow({self.rule.name}): tried on a copy of the database")
        file.write_text("\n".join(text))
        left = {one.rule for one in place.findings(self.rule) if one.revision == "a0"}
        assert not {self.rule.name, engine.UNNEEDED} & left, left

    def _write_instead(self, place: Revisions, found: LintFinding, *, needs_safe: bool) -> None:
        """The safe code draws no finding, and runs."""
        if found.safe is None:
            assert not needs_safe, f"{self.rule.name} gives no safe code"
            return
        place.write(*re.split(r"\n\n# the next revision:\n", found.safe))
        rest = [one for one in place.findings(self.rule) if one.rule not in NOT_SEEN_HERE - {self.rule.name}]
        assert rest == [], f"the safe code of {self.rule.name} draws findings"
        place.upgrade()


def examples(rule: Rule) -> list[Example]:
    """The tests of a rule, from its examples: each of ``found`` is also one of a comment and one of the safe code."""
    shown = rule.examples
    codes: dict[Kind, tuple[str, ...]] = {
        "found": shown.found,
        "near": shown.near,
        "exempt": () if shown.exempt is None else (shown.exempt,),
        "allowed": shown.found,
        "safe": shown.found,
    }
    return [Example(rule, kind, number, code) for kind, many in codes.items() for number, code in enumerate(many)]


@contextmanager
def _importable(place: Revisions, module: str) -> Iterator[None]:
    """Let the code import ``shop_models``, with a text, where that is given."""
    if not module:
        yield
        return
    (place.root / "shop_models.py").write_text(module)
    sys.path.insert(0, str(place.root))
    try:
        yield
    finally:
        sys.path.remove(str(place.root))
        sys.modules.pop("shop_models", None)
