"""What git knows: the commits of files, and the revision files of another branch."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.graph.graph import Graph
    from limbeck.results import Commit

    from .directory import ScriptDirectory

_FILE = "100"
"""How the mode of a file begins, as that of a link or of a submodule does not."""


def git(folder: str, *words: str) -> str:
    """What a git command prints in ``folder``; empty where git is missing or fails."""
    done = _run(folder, *words)
    return "" if done is None else done.decode("utf-8", "replace")


def is_checked_out(folder: str, ref: str) -> bool:
    """Whether a branch or commit is the one that is checked out in ``folder``.

    :raises CommandError: where git knows no such commit.
    """
    return _commit(folder, ref) == git(folder, "rev-parse", "HEAD").strip()


def revisions_at(script: ScriptDirectory, ref: str) -> Graph:
    """The revisions that the version locations of ``script`` have at a branch or commit, which stays as it is.

    :raises CommandError: where git knows no such commit, and where a file there is no valid revision.
    """
    with scripts_at(script, ref) as there:
        return there.revision_map.graph


@contextmanager
def scripts_at(script: ScriptDirectory, ref: str) -> Iterator[ScriptDirectory]:
    """The same environment with the revision files of a branch or commit, which are there for the length of a block.

    :raises CommandError: where git knows no such commit, and where a file there is no valid revision.
    """
    from tempfile import TemporaryDirectory

    commit = _commit(script.dir, ref)
    with TemporaryDirectory(prefix="limbeck-git-") as place:
        folders = [
            _files_at(commit, location, os.path.join(place, str(number)))
            for number, location in enumerate(script.version_folders)
        ]
        there = script.elsewhere(folders)
        there.demand_whole()
        there.revision_map.graph.check()
        yield there


def branched_off(folder: str, ref: str | None = None) -> str:
    """The commit at which the branch that is checked out in ``folder`` left another one.

    :param ref: the other one; default: the `branch_to_follow`, else origin/main.
    :raises CommandError: where git knows no such branch or commit.
    """
    commit = _commit(folder, ref or branch_to_follow(folder) or "origin/main")
    return git(folder, "merge-base", "HEAD", commit).strip() or commit


def line_commit(path: str, line: int) -> Commit | None:
    """The commit that a line of a file is of; None where git does not know it, and where it is not committed."""
    from datetime import UTC, datetime

    from limbeck.results import Commit

    folder, name = os.path.split(path)
    told = git(folder, "blame", "--porcelain", "-L", f"{line},{line}", "--", name).splitlines()
    if not told or not told[0].split()[0].strip("0"):
        return None
    words = (each.partition(" ") for each in told[1:] if not each.startswith("\t"))
    facts = {key: value for key, _, value in words}
    date = datetime.fromtimestamp(int(facts["author-time"]), UTC).date().isoformat()
    return Commit(told[0].split()[0], facts["author"], date, facts.get("summary", ""))


def branch_to_follow(folder: str) -> str | None:
    """The branch that the one checked out goes into: the remote's own one, as ``origin/main``, else its upstream."""
    for remote in git(folder, "remote").split():
        head = git(folder, "rev-parse", "--abbrev-ref", "--verify", "--quiet", f"{remote}/HEAD").strip()
        if head:
            return head
    return upstream(folder)


def upstream(folder: str) -> str | None:
    """The upstream branch of the one that is checked out, or that a rebase is at work on; None where it has none."""
    branch = git(folder, "symbolic-ref", "--quiet", "HEAD").strip() or _being_rebased(folder)
    found = branch and git(folder, "for-each-ref", "--format=%(upstream:short)", branch).strip()
    return found or None


def _being_rebased(folder: str) -> str:
    """The branch that a rebase of git is at work on; empty where none is."""
    for place in ("rebase-merge", "rebase-apply"):
        path = os.path.join(folder, git(folder, "rev-parse", "--git-path", f"{place}/head-name").strip())
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as stream:
                return stream.read().strip()
    return ""


def _commit(folder: str, ref: str) -> str:
    found = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").strip()
    if not found:
        raise CommandError(
            f"git knows no branch or commit '{ref}' in {folder}",
            code="git-ref",
            hint="`git branch --all` lists the branches; the folder has to be in a git repository, and git on PATH",
        )
    return found


def _files_at(commit: str, location: str, place: str) -> str:
    """Write the files that a commit has in the folder ``location`` to ``place``, and return that."""
    import subprocess

    os.makedirs(place)
    parent = location
    while not os.path.isdir(parent):
        parent = os.path.dirname(parent)
    top = git(parent, "rev-parse", "--show-toplevel").strip()
    folder = os.path.relpath(os.path.realpath(location), os.path.realpath(top)).replace(os.sep, "/")
    listed = git(top, "ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{folder}/")
    entries = [entry.partition("\t") for entry in listed.split("\0") if entry.startswith(_FILE)]
    names = [path[len(folder) + 1 :] for _, _, path in entries]
    wanted = "".join(f"{about.split()[2]}\n" for about, _, _ in entries)
    done = subprocess.run(  # noqa: S603 words of this file and a folder
        ["git", "-C", top, "cat-file", "--batch"],  # noqa: S607 the git on PATH
        check=True,
        input=wanted.encode(),
        capture_output=True,
    )
    position = 0
    for name in names:
        line_end = done.stdout.index(b"\n", position)
        size = int(done.stdout[position:line_end].split()[2])
        path = os.path.join(place, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(done.stdout[line_end + 1 : line_end + 1 + size])
        position = line_end + 1 + size + 1
    return place


def _run(folder: str, *words: str) -> bytes | None:
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 words of this file and a folder
            ["git", "-C", folder, *words],  # noqa: S607 the git on PATH
            check=False,
            capture_output=True,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
