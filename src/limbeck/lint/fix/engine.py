"""From findings to proved drafts: pass by pass, until no rule finds anything that it can write."""

from __future__ import annotations

import ast
import os
from dataclasses import replace
from difflib import unified_diff
from typing import TYPE_CHECKING, NamedTuple

from limbeck.lint.changes import AddColumn, AddConstraint
from limbeck.lint.engine import examine, judged, steps_of
from limbeck.lint.ranges import named
from limbeck.lint.safe import execute, with_options
from limbeck.lint.suppress import allowed
from limbeck.operations.data import ExecuteSQLOp
from limbeck.rehearsal import rehearse
from limbeck.results import FixedFile, Fixes, NotFixed
from limbeck.script.source import CannotRewrite, Source
from limbeck.syntax import syntax_tree

from .calls import call_of, plain_statement
from .drafts import Drafts
from .proof import differing
from .split import Replacement, split

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from limbeck.databases import Environment
    from limbeck.lint.engine import Judged, Reviewer
    from limbeck.lint.rule import Part
    from limbeck.lint.step import Placed, Step
    from limbeck.rehearsal import Rehearsal
    from limbeck.results import LintResult
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep

_PASSES = 12
"""More than any call takes: each pass writes the safe code of one rule."""

_REPAIRS = {"concurrently-in-transaction"}
"""Rules about revisions that fail as they are: the result is compared with what their safe code alone makes."""


class Fixed(NamedTuple):
    """What was made of revisions.

    :param drafts: the files. :param left: what is left as it is. :param review: what is found once they are written.
    """

    drafts: Drafts
    left: tuple[NotFixed, ...]
    review: LintResult

    def result(self, called: Callable[[str], str], *, written: bool) -> LintResult:
        """The review, with the files that are, or would be, written.

        :param called: what the diff calls a file, by its path.
        """
        return replace(self.review, fixes=Fixes(written, tuple(_files(self.drafts, called)), self.left))


class _Todo(NamedTuple):
    """A finding whose safe code can be written.

    :param revision: the revision. :param rule: the rule. :param line: its line in the draft.
    :param found: what takes the place of the call; None where it has to be left.
    :param reason: why it is left.
    """

    revision: str
    rule: str
    line: int | None
    found: Replacement | None
    reason: str


def fix(environment: Environment, names: Collection[str], by: Reviewer, *, adding: bool = True) -> Fixed:
    """Drafts of revisions in which safe code stands where rules ask for it; nothing is written, no database changed.

    The schema that the drafts lead to is proved equal on scratch databases; what would not be is left as it is.

    :param names: ids of the revisions that may be changed.
    :param adding: whether indexes are made that the revisions do not ask for.
    :raises CommandError: where no scratch database can be made, and where a script cannot be imported.
    """
    reason = ""
    for waits in (True, False):
        drafts, left = _drafted(environment, names, by, waits=waits, adding=adding)
        reason = _refusal(environment, drafts, by)
        if not reason:
            return Fixed(drafts, left, _reviewed(environment, names, drafts, by))
    changed = list(drafts.chains)
    if len(changed) > 1:
        single = {one: fix(environment, [one], by, adding=adding) for one in changed}
        bad = [name for name, one in single.items() if not one.drafts.texts]
        if bad:
            rest = fix(environment, [name for name in names if name not in bad], by, adding=adding)
            alone = [one for name in bad for one in single[name].left]
            review = _reviewed(environment, names, rest.drafts, by)
            return Fixed(rest.drafts, (*rest.left, *alone), review)
    untouched = Drafts(environment.script)
    refused = _left_by_proof(environment, names, by, reason, adding=adding)
    kept = (one for one in left if one.revision in names)  # and not what only a draft has
    return Fixed(untouched, (*kept, *refused), _reviewed(environment, names, untouched, by))


def _drafted(
    environment: Environment, names: Collection[str], by: Reviewer, *, waits: bool, adding: bool
) -> tuple[Drafts, tuple[NotFixed, ...]]:
    """Drafts that no rule can write anything in, and what had to be left."""
    drafts, left = Drafts(environment.script), dict[tuple[str, str, str], NotFixed]()
    wanted = set(names)
    for _ in range(_PASSES):
        todos, dialect = _todos(environment, wanted, drafts, by, adding=adding)
        progress = False
        for revision in dict.fromkeys(one.revision for one in todos):
            own = [one for one in todos if one.revision == revision]
            progress = _pass(drafts, revision, own, dialect, left, waits=waits) or progress
        wanted.update(one for chain in drafts.chains.values() for one in chain)
        if not progress:
            break
    drafts.finish()
    return drafts, tuple(replace(one, file=drafts.path(one.revision)) for one in left.values())


def _pass(
    drafts: Drafts,
    revision: str,
    todos: Sequence[_Todo],
    dialect: str,
    left: dict[tuple[str, str, str], NotFixed],
    *,
    waits: bool,
) -> bool:
    """Write the safe code of one rule in the place of each call of a revision that can have it; whether any did."""
    path, replacements = drafts.path(revision), dict[int, Replacement]()
    standing = list[_Todo]()
    for one in todos:
        try:
            number = _statement(drafts, path, one)
            assert one.found is not None, "else it is left"  # noqa: S101
        except CannotRewrite as why:
            _leave(left, path, one, str(why))
            continue
        if number not in replacements:
            replacements[number] = one.found
            standing.append(one)
    if not replacements:
        return False
    try:
        drafts.replace(revision, split(drafts.text(path), replacements, dialect, waits=waits))
        drafts.rules.update(one.rule for one in standing)
        drafts.added.update(part.adds for one in replacements.values() for part in one.parts if part.adds)
    except CannotRewrite as why:
        for one in standing:
            _leave(left, path, one, str(why))
        return False
    return True


def _leave(left: dict[tuple[str, str, str], NotFixed], path: str, one: _Todo, reason: str) -> None:
    found = NotFixed(one.rule, path, one.line, one.revision, reason)
    left.setdefault((one.revision, one.rule, f"{reason} {one.line}"), found)


def _statement(drafts: Drafts, path: str, todo: _Todo) -> int:
    """The statement of ``upgrade()`` that a finding is about, by number.

    :raises CannotRewrite: where it is no call that stands there by itself.
    """
    body = Source(drafts.text(path)).body("upgrade")
    line = todo.line or 0
    for number, one in enumerate(body.statements if body is not None else ()):
        if one.first <= line <= one.last:
            if call_of(one.node) is None:
                raise CannotRewrite(_stands_in(one.node))
            if todo.found is None:
                raise CannotRewrite(todo.reason)
            return number
    raise CannotRewrite(todo.reason or "the call does not stand in upgrade()")


def _stands_in(node: ast.stmt) -> str:
    match node:
        case ast.For() | ast.While():
            return "the call stands in a loop"
        case ast.If() | ast.Match():
            return "the call stands in a condition"
        case ast.With() if "batch_alter_table" in ast.dump(node.items[0]):
            return "the call stands in a block of batch_alter_table()"
        case ast.With():
            return "the call stands in a block of `with`"
        case _:
            return "the call is part of another statement"


# --- what is to be done -----------------------------------------------------------------------------------------------


def _todos(
    environment: Environment, names: Collection[str], drafts: Drafts, by: Reviewer, *, adding: bool
) -> tuple[list[_Todo], str]:
    """What can be written in drafts, by revision, and the dialect of the database."""
    found: dict[tuple[str, str, int | None], _Todo] = {}
    dialects: list[str] = []
    with drafts.tried(environment) as trial:

        def steps(rows: tuple[str, ...], _context: MigrationContext) -> Sequence[MigrationStep]:
            return trial.script.steps(named(trial.script, names, rows))

        def look(what: Rehearsal) -> None:
            applied = _applied(environment, what.rows)
            for step in steps_of(what, by):
                dialects.append(step.dialect)
                for one in judged(step, by, allowed(step.script.path)):
                    parts = [part for part in one.found.fix if adding or not part.adds]
                    if any(part.options != {} for part in parts) or len(parts) == len(one.found.fix) > 0:
                        todo = _todo(step, one, parts, applied)
                        found.setdefault((todo.revision, todo.rule, todo.line), todo)

        rehearse(trial, steps, look)
    return list(found.values()), dialects[0] if dialects else ""


def _applied(environment: Environment, rows: tuple[str, ...]) -> set[str]:
    """The revisions that a database has."""
    graph = environment.script.revision_map.graph
    known = tuple(row for row in rows if row in graph.nodes)
    lacking = {step.revision for step in environment.script.plan_upgrade("heads", known).steps}
    return {str(name) for name in graph.nodes if name not in lacking}


def _todo(step: Step, one: Judged, parts: Sequence[Part], applied: Collection[str]) -> _Todo:
    placed, revision = one.found.at, step.script.revision
    assert placed is not None, "safe code takes the place of a call"  # noqa: S101
    reason = _why_left(step, placed)
    if revision in applied:
        reason = "the revision is applied to the database: take it back first, by `limbeck downgrade`"
    rendered = [] if reason else [_rendered(step, placed, part.options) for part in parts]
    return _Todo(revision, one.rule.name, one.line, None if reason else Replacement(parts, rendered), reason)


def _why_left(step: Step, placed: Placed) -> str:
    """Why a change cannot be written anew, as far as its operation tells; empty where it can."""
    action = placed.action
    if action.file is None or os.path.realpath(action.file) != os.path.realpath(step.script.path):
        return "the call stands in another file"
    if sum(one.line == action.line and one is not action for one in step.rehearsed.actions):
        return "its line makes several changes"
    made = [one.change for one in step.changes if one.action is action]
    if action.operation is not None and not isinstance(action.operation, ExecuteSQLOp):
        return ""
    column = len(made) > 1 and isinstance(made[0], AddColumn)
    if len(made) > 1 and not (column and all(isinstance(one, AddConstraint) and one.inline for one in made[1:])):
        return "its statement does other things too"
    node = _node_at(step.script.path, action.line)
    sql = None if node is None else plain_statement(node)
    if sql is None or sql.strip().rstrip(";").strip() != step.sql(placed):
        return "its SQL does not stand in op.execute() as a plain text"
    return ""


def _node_at(path: str, line: int | None) -> ast.Call | None:
    """The call that is a statement at a line of a file."""
    with open(path, "rb") as stream:
        nodes = [one for one in ast.walk(syntax_tree(stream.read())) if isinstance(one, ast.Expr)]
    there = [one for one in nodes if one.lineno <= (line or 0) <= (one.end_lineno or 0)]
    return next((call for one in there if (call := call_of(one)) is not None), None)


def _rendered(step: Step, placed: Placed, options: object) -> str:
    """The call as safe code has it where it keeps it."""
    if options is None:
        return ""
    operation, own = placed.action.operation, step.sql(placed)
    if own is not None:
        return execute(own)
    assert operation is not None, "what is no statement is an operation"  # noqa: S101
    given: dict[str, object] = dict(options)  # type: ignore[call-overload] # a mapping
    return step.code(with_options(operation, **given) if given else operation)


# --- proved and shown -------------------------------------------------------------------------------------------------


def _refusal(environment: Environment, drafts: Drafts, by: Reviewer) -> str:
    """Why drafts may not take their places: the first difference, or what a revision raises; empty where they may."""
    if not drafts.texts:
        return ""
    repaired = Drafts(environment.script)
    if drafts.rules & _REPAIRS:
        alone = by._replace(known=[rule for rule in by.known if rule.name in _REPAIRS])
        repaired, _ = _drafted(environment, list(drafts.chains), alone, waits=True, adding=False)
    with drafts.tried(environment) as trial, repaired.tried(environment) as original:
        try:
            lines = differing(original, trial, drafts.chains, drafts.added)
        except CannotRewrite as why:
            return str(why)
    return f"the result would have another schema: {'; '.join(lines)}" if lines else ""


def _left_by_proof(
    environment: Environment, names: Collection[str], by: Reviewer, reason: str, *, adding: bool
) -> Iterator[NotFixed]:
    drafts = Drafts(environment.script)
    todos, _ = _todos(environment, names, drafts, by, adding=adding)
    for one in todos:
        if one.found is not None:
            yield NotFixed(one.rule, drafts.path(one.revision), one.line, one.revision, reason)


def _reviewed(environment: Environment, names: Collection[str], drafts: Drafts, by: Reviewer) -> LintResult:
    """What is found once drafts are written; files are called as they will be."""
    wanted = {*names, *(one for chain in drafts.chains.values() for one in chain)}
    with drafts.tried(environment) as trial:
        found = examine(trial, lambda rows, _context: named(trial.script, wanted, rows), by)
    findings = tuple(replace(one, file=drafts.path(one.revision)) for one in found.findings)
    return replace(found, findings=findings)


def _files(drafts: Drafts, called: Callable[[str], str]) -> Iterator[FixedFile]:
    order = {name: place for place, name in enumerate(name for chain in drafts.chains.values() for name in chain)}
    by_path = {drafts.path(name): name for name in drafts.revisions}
    for path in sorted(drafts.texts, key=lambda one: order.get(by_path[one], len(order))):
        is_new = path in drafts.is_new
        before = "" if is_new else drafts.before[path].replace("\r\n", "\n")
        shown = called(path)
        lines = unified_diff(
            before.splitlines(keepends=True),
            drafts.texts[path].splitlines(keepends=True),
            "/dev/null" if is_new else shown,
            shown,
        )
        yield FixedFile(path, by_path[path], is_new, "".join(lines))
