"""Squash: one revision in the place of many, written down from a run of them, and proved before a file is touched."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from limbeck import scratch
from limbeck.databases import Environment
from limbeck.errors import CommandError
from limbeck.runtime.logging_sections import silent, without_information
from limbeck.runtime.migration import log
from limbeck.script import generate, header
from limbeck.script.file_change import FileChange
from limbeck.script.header import REPLACES, Header
from limbeck.script.replaced import FOLDER
from limbeck.script.rewriting import heads_change, rewritten
from limbeck.script.write import create_date, file_name
from limbeck.trial import Surrounded

from .proof import differing
from .recording import Recorder
from .span import Span, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep

    from .recording import Recording


@dataclass(frozen=True)
class Squash:
    """A squash that was proved.

    :param span: the revisions that it takes the place of. :param path: its file. :param text: what it holds.
    :param changes: what becomes of all files.
    """

    span: Span
    path: str
    text: str
    changes: tuple[FileChange, ...]


def squash(environment: Environment, text: str, message: str) -> Squash:
    """Make one revision of many, and prove that it leads where they do; nothing is written, and no database changed.

    :param text: the range, ``FROM:TO``. :param message: what the squash is about.
    :raises CommandError: where the range is tied to other revisions, where a scratch database cannot be made, where a
        revision fails on an empty database, and where the proof finds a difference.
    """
    found = span(environment.script, text)
    bodies = _bodies(environment, found)
    path = _path(environment, found, message)
    source = _source(environment, found, path, message, bodies)
    changes = _changes(found, path, source)
    with rewritten(environment.script, changes) as script:
        before = (*found.first.parents, *found.depends_on)
        tried = Environment(environment.config, script, environment.run)
        lines = differing(environment, tried, found.ids, before)
        heads = heads_change(environment.script, script)
    if lines:
        raise _not_proved(lines)
    return Squash(found, path, source.decode(), (*changes, *heads))


def _not_proved(lines: Sequence[str]) -> CommandError:
    error = CommandError(
        f"The squash would not lead where its revisions do, and nothing was written: {len(lines)} "
        f"difference{'' if len(lines) == 1 else 's'}",
        code="squash-differs",
        hint="end the range before the revision that does this, and begin another behind it",
    )
    for line in lines:
        error.add_note(line)
    return error


# --- the functions ----------------------------------------------------------------------------------------------------


def _bodies(environment: Environment, found: Span) -> dict[str, str]:
    """The variables of the script template: the bodies of the functions, and their imports."""
    has_rows = bool(found.first.parents or found.depends_on)
    tried = _recorded(environment, found, Recorder(has_rows=has_rows), is_upgrade=True)
    wrote = [each.wrote for each in tried]
    ups = _recorded(environment, found, Recorder(has_rows=has_rows, wrote=wrote), is_upgrade=True)
    downs: Sequence[Recording] | None = None
    if has_rows:
        try:
            downs = _recorded(environment, found, Recorder(has_rows=True), is_upgrade=False)
        except Exception:  # noqa: BLE001 a way back that fails, by whatever error, is none
            downs = None
    variables: dict[str, str] = {}
    imports: set[str] = set()
    for number, up in enumerate(ups):
        options = up.context.opts
        back = up.back if not has_rows else downs[number].lines if downs else [_NO_WAY_BACK]
        variables.setdefault(str(options["upgrade_token"]), _body(up.lines))
        variables.setdefault(str(options["downgrade_token"]), _body(back))
        imports |= up.imports | (downs[number].imports if downs else set())
    return {**variables, "imports": "\n".join(sorted(imports))}


_NO_WAY_BACK = 'raise NotImplementedError("the revisions that this one replaces cannot be taken back")'


def _recorded(environment: Environment, found: Span, recorder: Recorder, *, is_upgrade: bool) -> list[Recording]:
    """What the revisions of the range do to each database, in the order of env.py."""
    script = environment.script
    start = (*found.first.parents, *found.depends_on) if is_upgrade else (found.last.revision,)
    ids = found.ids if is_upgrade else found.ids[::-1]
    with silent(log), without_information(), scratch.copies(environment, at=start or "base") as twin:

        def steps(_rows: tuple[str, ...], context: MigrationContext) -> Sequence[MigrationStep]:
            recording = recorder.recordings[context]
            plain = [script.lone_step(name, is_upgrade=is_upgrade) for name in ids]
            return [Surrounded(step, partial(_noted, recording, is_last=step is plain[-1])) for step in plain]

        try:
            twin.run(steps, recorder=recorder)
        except Exception as error:
            getattr(error, "__notes__", []).clear()  # what they say to be done there is nobody's to do
            error.add_note("while the revisions were run on a scratch database, which was dropped")
            raise
    return list(recorder.recordings.values())


@contextmanager
def _noted(recording: Recording, *, is_last: bool) -> Iterator[None]:
    with recording.step():
        yield
    if is_last:
        recording.finish()


def _body(lines: Sequence[str]) -> str:
    text = "\n".join(lines).split("\n")
    return "\n".join(f"    {line}".rstrip() for line in text).strip() or "pass"


# --- the files --------------------------------------------------------------------------------------------------------


def _path(environment: Environment, found: Span, message: str) -> str:
    script = environment.script
    date = create_date(script.timezone)
    name = file_name(script.file_template, found.last.revision, message, date, script.truncate_slug_length)
    return os.path.join(os.path.dirname(found.last.path), name)


def _source(environment: Environment, found: Span, path: str, message: str, bodies: dict[str, str]) -> bytes:
    """The text of the squash."""
    script = environment.script
    labels: str | tuple[str, ...] | None = found.labels[0] if len(found.labels) == 1 else found.labels or None
    depends_on = found.depends_on[0] if len(found.depends_on) == 1 else found.depends_on or None
    expected = Header(header.LITERAL, found.last.revision, found.first.down_revision, labels, depends_on)
    drafted = generate.draft(
        path,
        expected,
        message,
        create_date(script.timezone),
        {"config": environment.config, **bodies},
        template=os.path.join(script.dir, "script.py.mako"),
        encoding=script.output_encoding,
    )
    return _with_replaces(drafted.decode(script.output_encoding), found.ids).encode(script.output_encoding)


def _with_replaces(text: str, ids: Sequence[str]) -> str:
    """The text with one more line in its header, behind ``down_revision``."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if re.match(r"(down_)?revision\b", line)]
    listed = ", ".join(f'"{name}"' for name in ids)
    return "\n".join([*lines[: starts[-1] + 1], f"{REPLACES} = ({listed})", *lines[starts[-1] + 1 :]])


def _changes(found: Span, path: str, source: bytes) -> list[FileChange]:
    """The squash in its place, and the revisions in the folder beside it."""
    folder = os.path.join(os.path.dirname(found.last.path), FOLDER)
    changes: list[FileChange] = []
    for each in found.scripts:
        with open(each.path, "rb") as stream:
            content = stream.read()
        changes.append(FileChange(os.path.join(folder, os.path.basename(each.path)), None, content))
        after = source if os.path.realpath(each.path) == os.path.realpath(path) else None
        changes.append(FileChange(each.path, content, after))
    if all(change.path != path for change in changes):
        changes.append(FileChange(path, None, source))
    return changes
