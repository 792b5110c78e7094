"""The user's editor, opened on a revision file by ``edit``."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = ("EDITOR", "VISUAL")
USUAL = ("sensible-editor", "editor", "nano", "vim", "code")
USUAL_ON_WINDOWS = ("code.exe", "notepad++.exe", "notepad.exe")


def open_in_editor(filename: str, environ: Mapping[str, str] | None = None) -> None:
    """Open ``filename`` in the editor of ``EDITOR`` or ``VISUAL``, else in the first usual one, and wait for it.

    :param environ: default: ``os.environ``.

    Raises `CommandError` where there is no editor or it fails.
    """
    command = find_editor(os.environ if environ is None else environ)
    try:
        subprocess.run([*command, filename], check=True)  # noqa: S603 the editor that the user chose
    except (OSError, subprocess.CalledProcessError) as error:
        raise CommandError(
            f"Error executing editor ({error})",
            code="editor-failed",
            hint="EDITOR or VISUAL names another editor",
            file=filename,
        ) from error


def find_editor(environ: Mapping[str, str]) -> list[str]:
    """The editor's command as words; raises `CommandError` where no editor is found."""
    search = environ.get("PATH")
    for variable in VARIABLES:
        value = environ.get(variable, "").strip()
        if not value:
            continue
        for words in ([value], shlex.split(value, posix=os.name == "posix")):
            found = shutil.which(words[0], path=search)
            if found is not None:
                return [found, *words[1:]]
    for name in USUAL_ON_WINDOWS if os.name == "nt" else USUAL:
        found = shutil.which(name, path=search)
        if found is not None:
            return [found]
    raise CommandError(
        'Error executing editor (No suitable editor found. Please set the "EDITOR" or "VISUAL" environment variables)',
        code="no-editor",
        hint="for example: EDITOR=nano limbeck edit head",
    )
