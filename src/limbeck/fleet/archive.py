"""The files of a project as an archive, for workers on machines that do not have them.

Paths within are the driver's, so that what a file names relative to itself is found there too.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from dataclasses import dataclass, field, replace
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

from limbeck.script import ScriptDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .project import Project

_OBJECTS = ("objects", "repeatable_objects")


@dataclass(frozen=True, slots=True)
class Archive:
    """Files of a project.

    :param project: it, as the driver has it.
    :param folders: what options name, as absolute paths of the driver.
    :param hash: SHA-256 of the data.
    :param data: a zip file.
    """

    project: Project
    folders: Mapping[str, tuple[str, ...]]
    hash: str
    data: bytes = field(repr=False)


def packed(project: Project) -> Archive:
    """The configuration, env.py and the scripts, and the folders of objects of ``project``.

    :raises CommandError: where its scripts are not there.
    """
    config = project.config()
    script = ScriptDirectory.from_config(config)
    folders: dict[str, tuple[str, ...]] = {"script_location": (os.path.abspath(script.dir),)}
    if script.version_locations:
        folders["version_locations"] = tuple(script.version_folders)
    for name in _OBJECTS:
        if (folder := config.folder_of(name)) is not None:
            folders[name] = (os.path.abspath(folder),)
    files = {os.path.abspath(path) for path in (project.file, project.toml_file) if path and os.path.isfile(path)}
    for each in {folder for named in folders.values() for folder in named}:
        files.update(_files(each, compiled=script.sourceless))
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        for path in sorted(files):
            with open(path, "rb") as file:
                zipped.writestr(zipfile.ZipInfo(_inside(path)), file.read(), zipfile.ZIP_DEFLATED)
    data = stream.getvalue()
    return Archive(project, folders, sha256(data).hexdigest(), data)


def unpacked(archive: Archive, folder: str) -> Project:
    """The project in a folder of its own below ``folder``, into which the archive is unpacked the first time."""
    place = os.path.join(folder, f"limbeck-{archive.hash[:16]}")
    if not os.path.isdir(place):
        making = tempfile.mkdtemp(dir=folder)
        with zipfile.ZipFile(BytesIO(archive.data)) as zipped:
            zipped.extractall(making)
        try:
            os.rename(making, place)
        except OSError:  # another thread was faster
            if not os.path.isdir(place):
                raise
            shutil.rmtree(making)

    def there(path: str) -> str:
        return os.path.join(place, _inside(path))

    project = archive.project
    options = {name: value for name, value in project.options if name not in archive.folders}
    for name, paths in archive.folders.items():
        options[name] = os.pathsep.join(map(there, paths)).replace("%", "%%")
    options["version_path_separator"] = "os"
    return replace(
        project,
        file=project.file and there(project.file),
        toml_file=project.toml_file and there(project.toml_file),
        options=tuple(options.items()),
    )


def _files(folder: str, *, compiled: bool) -> Iterator[str]:
    for path, folders, files in os.walk(folder, followlinks=True):
        if not compiled:
            folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (os.path.join(path, name) for name in files)


def _inside(path: str) -> str:
    """Where a file of the driver is in the archive."""
    return os.path.splitdrive(os.path.abspath(path))[1].replace(os.sep, "/").lstrip("/")
