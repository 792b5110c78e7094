"""A new revision: its place in the history, its folder, its file.

Everything that can be refused is refused before the file is written.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from limbeck.console import status
from limbeck.errors import CommandError
from limbeck.graph.revision import Revision, tuple_rev_as_scalar

from . import header
from .command_errors import command_errors
from .header import Header
from .script import Script
from .write import comma, make_folder, render, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from limbeck.graph.graph import Graph
    from limbeck.graph.map import RevisionMap


def header_for(
    revision_map: RevisionMap,
    revid: str,
    *,
    head: str | Sequence[str] | None,
    splice: bool,
    branch_labels: str | Sequence[str] | None,
    depends_on: str | Sequence[str] | None,
) -> Header:
    """The header of a new revision; parameters as those of `ScriptDirectory.generate_revision`.

    Raises `CommandError` where the revision would not fit the history.
    """
    Revision.verify_rev_id(revid)
    parents = _parents(revision_map, ("head",) if head is None else head, splice=splice)
    labels = (branch_labels,) if isinstance(branch_labels, str) else tuple(branch_labels or ())
    _refuse_taken(revision_map.graph, revid, labels)
    dependencies = _dependencies(revision_map, depends_on)
    return Header(header.LITERAL, revid, tuple_rev_as_scalar(parents), labels or None, dependencies)


def _parents(revision_map: RevisionMap, head: str | Sequence[str], *, splice: bool) -> list[str]:
    """Ids of the parents, none for the base; raises `CommandError` where they cannot have a child."""
    with command_errors(
        several="Multiple heads are present; please specify the head revision on which the new revision should be "
        "based, or perform a merge.",
        scripts=lambda: cast("Mapping[str, Script]", revision_map.graph.nodes),
    ):
        parents = [node for node in revision_map.get_revisions(head) if node is not None]
    if len({node.revision for node in parents}) != len(parents):
        raise CommandError("Duplicate head revisions specified", code="duplicate-heads", hint="name each parent once")
    for node in parents:
        if not splice and not node.is_head:
            raise CommandError(
                f"Revision {node.revision} is not a head revision; please specify --splice to create a new branch "
                "from this revision",
                code="not-a-head",
                hint=f"'{node.revision}@head' is the head of its branch",
            )
    return [node.revision for node in parents]


def _refuse_taken(graph: Graph, revid: str, labels: tuple[str, ...]) -> None:
    """Raise `CommandError` where the id or a label is in use already."""
    graph.check()
    owners = {**{label: graph.nodes[name] for label, name in graph.labels.items()}, **graph.nodes}
    if revid in owners:
        owner = owners[revid]
        raise CommandError(
            f"Revision id '{revid}' is already used by revision {owner.revision}",
            code="duplicate-revision",
            hint="give another --rev-id, or none",
            file=owner.path,
        )
    for label in labels:
        other = owners.get(label)
        if other is not None or label == revid:
            raise CommandError(
                f"Branch name '{label}' in revision {revid} already used by revision "
                f"{other.revision if other else revid}",
                code="duplicate-label",
                hint="give another --branch-label",
                file=other.path if other else None,
            )


def _dependencies(revision_map: RevisionMap, depends_on: str | Sequence[str] | None) -> str | list[str] | None:
    """Each symbol as a full id; a label of the revision that it means stays a label."""
    if not depends_on:
        return None
    found = []
    for symbol in [depends_on] if isinstance(depends_on, str) else depends_on:
        with command_errors():
            nodes = revision_map.get_revisions(symbol)
        found += [symbol if symbol in node.branch_labels else node.revision for node in nodes if node is not None]
    return found[0] if len(found) == 1 else found


def location_for(wanted: str | None, locations: Sequence[str], parents: Sequence[Revision]) -> str:
    """The version location to write a new revision to.

    :param wanted: path of the one that the user names; None to take the only one, or that of a parent.
    :param locations: all version locations, as absolute paths.
    :param parents: the parents of the new revision.

    Raises `CommandError` where the path is no version location, or none is named and the parents do not tell.
    """
    if wanted is not None:
        for location in locations:
            if os.path.realpath(location) == os.path.realpath(wanted):
                return location
        raise CommandError(
            f"Path {wanted} is not represented in current version locations",
            code="unknown-version-path",
            hint=f"version locations: {', '.join(locations)}",
        )
    if len(locations) == 1:
        return locations[0]
    for parent in parents:
        for location in locations:
            if (parent.path or "").startswith(os.path.join(os.path.realpath(location), "")):
                return location
    raise CommandError(
        "Multiple version locations present, please specify --version-path",
        code="several-version-locations",
        hint=f"version locations: {', '.join(locations)}",
    )


def write_script(
    path: str,
    expected: Header,
    message: str | None,
    create_date: datetime,
    variables: Mapping[str, object],
    *,
    template: str,
    encoding: str,
    quiet: bool,
    labels: object = None,
) -> None:
    """Render a new revision script and write it, with a status line.

    :param path: the file; it must not exist.
    :param expected: the header that it has to have.
    :param message: first line of its docstring; default: ``empty message``.
    :param create_date: when it was made.
    :param variables: further variables of the template.
    :param template: path of the template.
    :param encoding: encoding of the file.
    :param quiet: write no status line.
    :param labels: the branch labels in the words of the caller, for messages.

    Raises `CommandError` before anything is written where the file exists, where the template fails, and where what it
    gives is not Python or has another header.
    """
    if os.path.exists(path):
        raise CommandError(
            f"File {path} already exists", code="file-exists", hint="give another message or --rev-id", file=path
        )
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        make_folder(folder, quiet=quiet)
    with status(f"Generating {path}", quiet=quiet):
        drafted = draft(
            path, expected, message, create_date, variables, template=template, encoding=encoding, labels=labels
        )
        write_whole(path, drafted)


def draft(
    path: str,
    expected: Header,
    message: str | None,
    create_date: datetime,
    variables: Mapping[str, object],
    *,
    template: str,
    encoding: str,
    labels: object = None,
) -> bytes:
    """A new revision script as `write_script` writes it; parameters as there.

    Raises `CommandError` where the template fails, and where what it gives is not Python or has another header.
    """
    source = render(
        template,
        {
            "message": _in_docstring("empty message" if message is None else message),
            "up_revision": expected.revision,
            "down_revision": expected.down_revision,
            "branch_labels": expected.branch_labels,
            "depends_on": expected.depends_on,
            "create_date": create_date,
            "comma": comma,
            **variables,
        },
        encoding,
    )
    _compile(source, path, template, encoding)
    _compare(header.read(source), expected, path, template, labels)
    return source


def _in_docstring(message: str) -> str:
    """``message`` escaped for a docstring in triple quotes."""
    return message.replace("\\", "\\\\").replace('"""', r"\"\"\"")


def _compile(source: bytes, path: str, template: str, encoding: str) -> None:
    """Raise `CommandError` where the rendered template is not Python."""
    try:
        compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        text = source.decode(encoding, "replace").splitlines()
        shown = f": {text[line - 1].strip()}" if line and line <= len(text) else ""
        raise CommandError(
            f"The template makes a file that is no Python{shown}",
            code="template-result",
            hint="the message, or what the template adds, breaks the file; nothing was written",
            file=template,
        ) from error


_VARIABLES = {
    "revision": "up_revision",
    "down_revision": "down_revision",
    "branch_labels": "branch_labels",
    "depends_on": "depends_on",
}
"""The variable of the template for each name of the header."""


def _compare(found: Header, expected: Header, path: str, template: str, labels: object) -> None:
    """Raise `CommandError` where the rendered template has another header than ``expected``, as far as can be told."""
    if found.state == header.DYNAMIC:
        return
    for name, variable in _VARIABLES.items():
        asked, written = getattr(expected, name), getattr(found, name)
        if _as_tuple(asked) != _as_tuple(written):
            said = f"branch_labels {labels}" if name == "branch_labels" else f"{name} = {asked}"
            raise CommandError(
                f"Version {expected.revision} specified {said}, however the "
                f"migration file {path} does not have them; have you upgraded your script.py.mako to include the "
                f"'{name}' section?",
                code="template-result",
                hint=f"add the line `{name} = ${{repr({variable})}}`; nothing was written",
                file=template,
            )


def _as_tuple(value: object) -> tuple[object, ...]:
    return () if value is None else tuple(value) if isinstance(value, list | tuple) else (value,)


def written_script(path: str, revid: str) -> Script:
    """The script of a file just written and handed to the hooks; raises `CommandError` where its id is another now."""
    from .load import imported_header

    found = header.read_file(path)
    module = None
    if found.state == header.DYNAMIC:
        found, module = imported_header(path)
    if found.revision != revid:
        raise CommandError(
            f"The new file does not declare revision {revid}: {found.problem or 'another id'}",
            code="hook-result",
            hint="a post-write hook changed the file's header",
            file=path,
            line=found.line,
        )
    return Script.of_header(path, found, module)
