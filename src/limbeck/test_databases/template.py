"""One template for all processes of a run of tests, as the workers of pytest-xdist: the first one makes it."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.runtime.lock import LockedFile
from limbeck.scratch import Template, is_there

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from limbeck.databases import Environment
    from limbeck.scratch import Templates

_PAUSE = 0.05
"""Seconds between two looks at the lock while another process makes the template."""

_LEFT_BY_RUNS = (".pyc", ".headers", ".db", ".sqlite")
"""Ends of names of files that runs leave in the folder of an environment."""


@contextmanager
def shared(environment: Environment, templates: Templates, folder: str | os.PathLike[str]) -> Iterator[Template]:
    """Have a template for the length of a block; the last process that uses it drops it.

    :param environment: the environment whose history makes it. :param templates: makes it.
    :param folder: the folder that the processes share.
    """
    place = Path(folder, f"limbeck-{history_hash(environment, map(str, templates.urls))[:16]}")
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    record = place / "template.json"
    lock = LockedFile(str(place / "lock"))
    with _alone(lock):
        users, names = _read(record)
        template = Template(names, str(place)) if users else templates.make(str(place))
        _write(record, [*users, os.getpid()], template.names)
    try:
        yield template
    finally:
        with _alone(lock):
            users, _ = _read(record)
            users.remove(os.getpid())
            _write(record, users, template.names)
            if not users:
                templates.drop(template)


def history_hash(environment: Environment, urls: Iterable[str]) -> str:
    """The hash of all that a template follows from: scripts, env.py, what stands beside them, and the databases.

    :param urls: where these are.
    """
    found = sha256("\0".join(urls).encode())
    script = environment.script
    for folder in dict.fromkeys([script.dir, *script.version_folders]):
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and not path.name.endswith(_LEFT_BY_RUNS):
                text = path.read_bytes()
                found.update(f"{path.relative_to(folder)}\0{len(text)}\0".encode() + text)
    return found.hexdigest()


@contextmanager
def _alone(lock: LockedFile) -> Iterator[None]:
    while not lock.try_acquire():
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        lock.release()


def _read(record: Path) -> tuple[list[int], tuple[str, ...]]:
    """The processes that use the template, without those that were killed; and the names of its databases."""
    if not record.exists():
        return [], ()
    found = json.loads(record.read_text(encoding="utf-8"))
    return [user for user in found["users"] if is_there(user)], tuple(found["names"])


def _write(record: Path, users: list[int], names: tuple[str, ...]) -> None:
    record.write_text(json.dumps({"users": users, "names": names}), encoding="utf-8")
