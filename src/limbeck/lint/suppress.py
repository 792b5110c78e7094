"""``# limbeck: allow(rule): reason`` in a revision file: findings that a person has judged.

The comment stands on a line of the call, or above it. Above all functions, or on the ``def`` of one, it is about the
whole file.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMMENT = re.compile(r"#\s*limbeck:\s*allow\(\s*(?P<rules>[\w\-\s,]*)\)\s*(?::\s*(?P<reason>.*\S))?\s*$")


@dataclass
class Allowed:
    """A comment that allows rules.

    :param line: its line. :param rules: the rules that it names. :param reason: why; None where it gives none.
    :param lines: first and last line of the call that it is about; None: the whole file.
    :param used: those of the rules that would have found something.
    """

    line: int
    rules: tuple[str, ...]
    reason: str | None
    lines: tuple[int, int] | None
    used: set[str] = field(default_factory=set)

    def covers(self, rule: str, line: int | None) -> bool:
        """Whether it allows what ``rule`` finds at ``line``; a finding about a revision has no line."""
        if rule not in self.rules or self.reason is None:
            return False
        return self.lines is None or (line is not None and self.lines[0] <= line <= self.lines[1])


def allowed(path: str) -> list[Allowed]:
    """The comments of a revision file that allow something; none where it cannot be read as Python."""
    try:
        with open(path, "rb") as stream:
            source = stream.read()
        if b"limbeck:" not in source:
            return []
        tree = syntax_tree(source)
        tokens = list(tokenize.tokenize(io.BytesIO(source).readline))
    except (OSError, SyntaxError, ValueError, tokenize.TokenError):
        return []
    comments = {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}
    calls = list(_spans(tree))
    whole = {node.lineno for node in tree.body if isinstance(node, ast.FunctionDef)}
    first = min(whole, default=0)
    return [
        Allowed(
            line,
            tuple(name.strip() for name in match["rules"].split(",") if name.strip()),
            match["reason"],
            None if line < first or line in whole else _about(line, calls, comments),
        )
        for line, text in comments.items()
        if (match := _COMMENT.search(text))
    ]


def _spans(tree: ast.Module) -> Iterable[tuple[int, int]]:
    """First and last line of each statement; of one with a block those of its head."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            blocks = [each for name in _BLOCKS for each in getattr(node, name, ())]
            head = [node] if not blocks else [one for one in ast.iter_child_nodes(node) if one not in blocks]
            yield (
                node.lineno,
                max((getattr(one, "end_lineno", None) or node.lineno for one in head), default=node.lineno),
            )


_BLOCKS = ("body", "orelse", "finalbody", "handlers")


def _about(line: int, calls: list[tuple[int, int]], comments: dict[int, str]) -> tuple[int, int]:
    """The lines of the statement that a comment is about: the one that it stands in, else the next one."""
    around = [span for span in calls if span[0] <= line <= span[1]]
    if around:
        return max(around)
    below = line + 1
    while below in comments:
        below += 1
    following = [span for span in calls if span[0] == below]
    return min(following) if following else (line, line)
