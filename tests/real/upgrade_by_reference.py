"""The history of a project upgraded by the reference itself, with the scripts of the project or of another folder.

Run as a program in an environment that has the reference and a project of `projects.py`,
``upgrade_by_reference.py NAME URL TARGET FOLDER`` upgrades to a revision with the scripts of a folder; of the project,
if that is empty. A project that upgrades by a command of its own, given behind them, is followed to that command's
first call of `alembic.command.upgrade`.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def lead_to(config: Config, folder: str) -> None:
    """Have a configuration name the scripts of a folder."""
    own = ScriptDirectory.from_config(config).dir
    locations = config.get_version_locations_list()
    config.set_main_option("script_location", folder)
    if locations is not None:
        moved = [os.path.join(folder, os.path.relpath(each, own)) for each in locations]
        config.set_main_option("version_locations", os.pathsep.join(moved))
        config.set_main_option("path_separator", "os")


def by_its_command(words: list[str], target: str, folder: str) -> None:
    """Run a project's own command in this process; its first upgrade goes to a target, further ones nowhere."""
    upgrade, done = command.upgrade, []

    def upgraded(config: Config, _revision: str, *others: Any, **options: Any) -> None:
        if not done:
            if folder:
                lead_to(config, folder)
            upgrade(config, target, *others, **options)
            done.append(target)

    command.upgrade = upgraded
    sys.argv = [str(Path(sys.executable).with_name(words[0])), *words[1:]]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except BaseException:
        if not done:  # else the command misses what it wants to find at the head
            raise


def main(name: str, url: str, target: str, folder: str, *words: str) -> None:
    """Upgrade; by the project's own command, if that is given."""
    from projects import configured

    if words:
        by_its_command(list(words), target, folder)
        return
    config = configured(name, url)
    if folder:
        lead_to(config, folder)
    command.upgrade(config, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
