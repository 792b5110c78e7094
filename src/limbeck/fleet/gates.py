"""Gates: what has to be true before the stages that come after one begin."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN = 300
"""Characters of the end of what a command says that are kept."""


def failed_command(command: str, variables: dict[str, str], is_over: Callable[[float], bool]) -> str | None:
    """Run a command of the shell, and say why the gate stays closed; None where it succeeded.

    :param variables: environment variables that it gets besides those of this process.
    :param is_over: waits so many seconds, and says whether to give up; the command is ended then.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S602 it is the user's own, from the list of stages
            command,
            shell=True,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a signal that drains the campaign is not for it
        )
        pause = 0.01
        while process.poll() is None:
            if is_over(pause):
                process.terminate()
                process.wait()
                return "the gate was broken off"
            pause = min(1.0, pause * 2)
        if process.returncode == 0:
            return None
        said.seek(max(0, said.seek(0, os.SEEK_END) - SHOWN))
        text = " ".join(said.read().decode(errors="replace").split())
    return f"the gate `{command}` ended with exit code {process.returncode}" + (f": {text}" if text else "")
