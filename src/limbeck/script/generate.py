"""A new revision: where it stands in the history, checked, rendered, written and handed to the hooks (behaviour 1.3).

Everything that can be refused is refused before the file is there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from limbeck.console import status
from limbeck.errors import CommandError, warn
from limbeck.graph.revision import Revision, tuple_rev_as_scalar

from . import header, hooks
from .script import Script
from .write import comma, make_folder, render, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .directory import ScriptDirectory


def generate(
    directory: ScriptDirectory,
    revid: str,
    message: str | None,
    *,
    head: str | Sequence[str] | None,
    splice: bool,
    branch_labels: str | Sequence[str] | None,
    version_path: str | os.PathLike[str] | None,
    depends_on: str | Sequence[str] | None,
    variables: Mapping[str, Any],
) -> Script:
    """Write a new revision file; parameters and errors as those of `ScriptDirectory.generate_revision`."""
    Revision.verify_rev_id(revid)
    parents = _parents(directory, ("head",) if head is None else head, splice=splice)
    labels = (branch_labels,) if isinstance(branch_labels, str) else tuple(branch_labels or ())
    _refuse_taken(directory, revid, labels)
    location = _location(directory, parents, version_path)
    date = directory._generate_create_date()
    path = directory._rev_path(location, revid, message, date)
    if os.path.exists(path):
        raise CommandError(
            f"File {path} already exists", code="file-exists", hint="give another message or --rev-id", file=path
        )
    expected = header.Header(
        header.LITERAL,
        revid,
        tuple_rev_as_scalar([script.revision for script in parents]),
        labels or None,
        _dependencies(directory, depends_on),
    )
    folder = os.path.dirname(path)
    quiet = directory.messaging_opts.get("quiet", False)
    if not os.path.isdir(folder):
        make_folder(folder, quiet=quiet)
    with status(f"Generating {path}", quiet=quiet):
        source = render(
            os.path.join(directory.dir, "script.py.mako"),
            {
                "message": _in_docstring("empty message" if message is None else message),
                "up_revision": revid,
                "down_revision": expected.down_revision,
                "branch_labels": expected.branch_labels,
                "depends_on": expected.depends_on,
                "create_date": date,
                "comma": comma,
                **variables,
            },
            directory.output_encoding,
        )
        _verify(source, expected, path, directory)
        write_whole(path, source)
    if os.path.realpath(folder) != os.path.realpath(location) and not directory.recursive_version_locations:
        warn(
            f"File {path} lies in a sub-folder, where later commands will not look",
            code="file-out-of-sight",
            hint="set recursive_version_locations = true, or take the '/' out of file_template",
            file=path,
        )
    hooks.run(path, directory.hooks, quiet=quiet)
    script = _written(path, revid)
    directory.revision_map.add_revision(script)
    return script


def _parents(directory: ScriptDirectory, head: str | Sequence[str], *, splice: bool) -> list[Script]:
    """The parents, base left out; raises `CommandError` where the history does not let one follow them."""
    with directory._command_errors(
        several="Multiple heads are present; please specify the head revision on which the new revision should be "
        "based, or perform a merge."
    ):
        found = [script for script in directory.revision_map.get_revisions(head) if script is not None]
    parents = [script for script in found if isinstance(script, Script)]
    if len({script.revision for script in parents}) != len(parents):
        raise CommandError("Duplicate head revisions specified", code="duplicate-heads", hint="name each parent once")
    for script in parents:
        if not splice and not script.is_head:
            raise CommandError(
                f"Revision {script.revision} is not a head revision; please specify --splice to create a new branch "
                "from this revision",
                code="not-a-head",
                hint=f"--head {script.revision}@head follows this branch to its head",
            )
    return parents


def _refuse_taken(directory: ScriptDirectory, revid: str, labels: tuple[str, ...]) -> None:
    """Raise `CommandError` where the id or a label is in use already."""
    taken = {script.revision: script for script in directory.walk_revisions()}
    owners = {label: script for script in taken.values() for label in script.own_labels}
    if revid in taken or revid in owners:
        owner = taken.get(revid) or owners[revid]
        raise CommandError(
            f"Revision id '{revid}' is already used by revision {owner.revision}",
            code="duplicate-revision",
            hint="give another --rev-id, or none",
            file=owner.path,
        )
    for label in labels:
        other = owners.get(label) or taken.get(label)
        if other is not None or label == revid:
            raise CommandError(
                f"Branch name '{label}' in revision {revid} already used by revision "
                f"{other.revision if other else revid}",
                code="duplicate-label",
                hint="give another --branch-label",
                file=other.path if other else None,
            )


def _dependencies(directory: ScriptDirectory, depends_on: str | Sequence[str] | None) -> str | list[str] | None:
    """Each symbol as a full id; one that is a label of the revision it means stays a label."""
    if not depends_on:
        return None
    symbols = [depends_on] if isinstance(depends_on, str) else list(depends_on)
    found = []
    for symbol in symbols:
        scripts = directory.get_revisions(symbol)
        found += [symbol if symbol in script.branch_labels else script.revision for script in scripts]
    return found[0] if len(found) == 1 else found


def _location(directory: ScriptDirectory, parents: list[Script], version_path: str | os.PathLike[str] | None) -> str:
    """The version location to write to."""
    from .locations import resolve

    locations = directory._version_locations
    if version_path is not None:
        wanted = os.path.abspath(resolve(os.fspath(version_path)))
        for location in locations:
            if os.path.realpath(location) == os.path.realpath(wanted):
                return location
        raise CommandError(
            f"Path {os.fspath(version_path)} is not represented in current version locations",
            code="unknown-version-path",
            hint=f"version locations: {', '.join(locations)}",
        )
    if len(locations) == 1:
        return locations[0]
    for script in parents:
        for location in locations:
            if script.path.startswith(os.path.join(os.path.realpath(location), "")):
                return location
    raise CommandError(
        "Multiple version locations present, please specify --version-path",
        code="several-version-locations",
        hint=f"version locations: {', '.join(locations)}",
    )


def _verify(source: bytes, expected: header.Header, path: str, directory: ScriptDirectory) -> None:
    """Raise `CommandError` where what the template made is no Python, or does not say what was asked for."""
    template = os.path.join(directory.dir, "script.py.mako")
    try:
        compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        text = source.decode(directory.output_encoding, "replace").splitlines()
        shown = f": {text[line - 1].strip()}" if line and line <= len(text) else ""
        raise CommandError(
            f"The template makes a file that is no Python{shown}",
            code="template-result",
            hint="the message, or what the template adds, breaks the file; nothing was written",
            file=template,
        ) from error
    found = header.read(source)
    if found.state == header.DYNAMIC:
        return
    for name in header.NAMES:
        asked, written = getattr(expected, name), getattr(found, name)
        if _plain(asked) != _plain(written):
            what = name if name == "branch_labels" else f"{name} ="
            raise CommandError(
                f"Version {expected.revision} specified {what} {asked if asked is not None else 'None'}, however the "
                f"migration file {path} does not have them; have you upgraded your script.py.mako to include the "
                f"'{name}' section?",
                code="template-result",
                hint=f"add the line `{name} = ${{repr({_VARIABLES[name]})}}`; nothing was written",
                file=template,
            )


_VARIABLES = {
    "revision": "up_revision",
    "down_revision": "down_revision",
    "branch_labels": "branch_labels",
    "depends_on": "depends_on",
}


def _in_docstring(message: str) -> str:
    """``message`` so written that it means itself between triple quotes."""
    return message.replace("\\", "\\\\").replace('"""', r"\"\"\"")


def _plain(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _written(path: str, revid: str) -> Script:
    """The script of the file just written; a hook may have changed it."""
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
    script = Script.of_header(path, found)
    script._module = module
    return script
