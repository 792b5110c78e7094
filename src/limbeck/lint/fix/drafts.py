"""Drafts of revision files: texts that are to take the place of files, and new files, tried in copies of folders."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.databases import Environment
from limbeck.script import header
from limbeck.script.file_change import FileChange
from limbeck.script.rewriting import rewritten
from limbeck.script.source import CannotRewrite, Source
from limbeck.script.write import create_date, file_name, rev_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.script import ScriptDirectory


class Drafts:
    """The files of a history, some of them with another text.

    :param script: the history as it is.
    """

    def __init__(self, script: ScriptDirectory) -> None:
        self._script = script
        self.before: dict[str, str] = {}
        """The text of each file that was read, by its path."""
        self.texts: dict[str, str] = {}
        """The text of each file that is changed or new, by its path."""
        downs = script.revision_map.graph.edges.downs
        self._below = {os.path.realpath(each.path): set(downs[each.revision]) for each in script.walk_revisions()}
        self._paths: dict[str, str] = {each.revision: os.path.realpath(each.path) for each in script.walk_revisions()}
        self.chains: dict[str, list[str]] = {}
        """The revisions that take the place of one, by its id: itself, and those on top of it."""
        self.rules: set[str] = set()
        """The rules whose safe code was written."""
        self.added: set[str] = set()
        """The names of indexes that the revisions did not make."""

    def path(self, revision: str) -> str:
        """The file of a revision."""
        return self._paths[revision]

    @property
    def revisions(self) -> list[str]:
        """All revisions, those that are new included."""
        return list(self._paths)

    def text(self, path: str) -> str:
        """The text of a file, with line feeds.

        :raises CannotRewrite: where it has no source, or is not UTF-8.
        """
        if path in self.texts:
            return self.texts[path]
        if not path.endswith(".py"):
            raise CannotRewrite("the source of a revision is not there")
        if path not in self.before:
            try:
                with open(path, encoding="utf-8", newline="") as stream:
                    self.before[path] = stream.read()
            except UnicodeDecodeError:
                raise CannotRewrite("the file of a revision is not UTF-8") from None
        return self.before[path].replace("\r\n", "\n")

    def in_file(self, path: str) -> str:
        """The text of a draft with the line ends that the file has, or the one that it came of."""
        return self.texts[path].replace("\n", "\r\n") if "\r\n" in self.before.get(path, "") else self.texts[path]

    @property
    def is_new(self) -> set[str]:
        """The files that are new."""
        return {path for path in self.texts if path not in self.before}

    # --- drafts -------------------------------------------------------------------------------------------------------

    def replace(self, revision: str, texts: Sequence[str]) -> None:
        """Put texts in the place of a revision: the first one is its own, the others are new revisions on top of it.

        :raises CannotRewrite: where a header, its own or that of a child, is not plain.
        """
        path = self.path(revision)
        self._demand_plain(path)
        ids = [revision, *(rev_id() for _ in texts[1:])]
        drafts = {path: texts[0]}
        paths = {revision: path}
        for before, name, text in zip(ids, ids[1:], texts[1:], strict=False):
            headed = Source(text).with_header(revision=name, down_revision=before)
            for field in ("branch_labels", "depends_on"):
                headed = Source(headed).with_header(**{field: None})
            paths[name] = os.path.join(os.path.dirname(path), f"{name}_draft.py")
            drafts[paths[name]] = headed
        if len(ids) > 1:
            drafts |= self._children(revision, ids[-1])
        self.texts |= drafts
        self._paths |= paths
        chain = next((one for one in self.chains.values() if revision in one), None)
        if chain is None:
            chain = self.chains.setdefault(revision, [revision])
        place = chain.index(revision)
        chain[place : place + 1] = ids

    def _demand_plain(self, path: str) -> None:
        if header.read(self.text(path).encode()).state != header.LITERAL:
            raise CannotRewrite("a header of the revision, or of one on top of it, is not plain")

    def _children(self, revision: str, last: str) -> dict[str, str]:
        """The files that name a revision as their parent, or depend on it, with ``last`` in its place."""
        found: dict[str, str] = {}
        for path in self._paths.values():
            is_above = revision in self._below.get(path, ())
            text = self.text(path) if is_above or path.endswith(".py") else ""
            if path == self.path(revision) or not (is_above or revision in text):
                continue
            read = header.read(text.encode())
            new: dict[str, object] = {}
            for name in ("down_revision", "depends_on"):
                value = getattr(read, name)
                if value == revision:
                    new[name] = last
                elif isinstance(value, tuple | list) and revision in value:
                    new[name] = type(value)(last if one == revision else one for one in value)
            if new:
                self._demand_plain(path)
                changed = Source(text).with_header(**new)
                found[path] = _revises(changed, rf"\b{re.escape(revision)}\b", last)
            elif is_above:
                raise CannotRewrite(
                    "a revision on top of it, or one that depends on it, does not name it by its whole id"
                )
        return found

    # --- the end ------------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Give the new files the names and messages that they keep."""
        script = self._script
        for chain in self.chains.values():
            message = header.read(self.text(self.path(chain[0])).encode()).doc
            for number, revision in enumerate(chain[1:], start=2):
                old = self.path(revision)
                text = self.texts.pop(old)
                part = f"part {number} of {len(chain)}"
                text = Source(text).in_docstring(r"(?<=\S)(?=\s*?(?:\n\s*\n|\"\"\"$|'''$|\"$|'$))", f", {part}")
                text = Source(text).in_docstring(r"(?m)^(Revision ID:\s*)\S+", rf"\g<1>{revision}")
                text = _revises(text, r"\S.*", chain[number - 2])
                date = create_date(script.timezone)
                name = file_name(
                    script.file_template, revision, f"{message}, {part}", date, script.truncate_slug_length
                )
                path = os.path.join(os.path.dirname(self.path(chain[0])), name)
                if os.path.exists(path) or path in self.texts:
                    path = old
                self.texts[path] = text
                self._paths[revision] = path

    # --- tried --------------------------------------------------------------------------------------------------------

    def changes(self) -> list[FileChange]:
        """What becomes of each file, the new ones last."""
        before = {path: None if path in self.is_new else self.before[path].encode() for path in self.texts}
        paths = sorted(self.texts, key=lambda one: one in self.is_new)
        return [FileChange(path, before[path], self.in_file(path).encode()) for path in paths]

    @contextmanager
    def tried(self, environment: Environment) -> Iterator[Environment]:
        """The environment with copies of the version locations, in which the drafts have taken their places."""
        with rewritten(environment.script, self.changes()) as script:
            yield Environment(environment.config, script, environment.run)


def _revises(text: str, pattern: str, new: str) -> str:
    """The text with another parent in the line ``Revises:`` of its docstring, where there is one."""
    return Source(text).in_docstring(rf"(?m)^(Revises:.*?){pattern}", rf"\g<1>{new}")
