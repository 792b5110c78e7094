"""env.py and configuration of a new environment, fitted to what was found in the project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .project import Models, UrlSource

_FIRST = "from limbeck import context\n"
_PLACE = """\
# The MetaData of your models, so that `revision --autogenerate` can compare:
# from myapp.models import Base
# target_metadata = Base.metadata
target_metadata = None
"""
_CONFIGURED = "config = context.config\n"


def takes_models(env: str) -> bool:
    """Whether an env.py has the place where models are named."""
    return _FIRST in env and _PLACE in env


def with_models(env: str, chosen: Sequence[Models]) -> str:
    """``env`` with the MetaData of ``chosen``, and the imports of the modules that define their models."""
    if not chosen:
        return env
    used = sorted({module for one in chosen for module in one.modules} - {one.module for one in chosen})
    lines = [f"import {module}  # noqa: F401 its models are to be known" for module in used]
    names: list[str] = []
    for number, one in enumerate(chosen):
        clashes = [other.name for other in chosen].count(one.name) > 1
        name = f"{one.name}_{number + 1}" if clashes else one.name
        lines.append(f"from {one.module} import {one.name}" + (f" as {name}" if clashes else ""))
        names.append(f"{name}{one.attribute}")
    expression = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    about = "# What `revision --autogenerate` compares the database with; a new module of models is imported above.\n"
    return _with_imports(env, lines).replace(_PLACE, f"{about}target_metadata = {expression}\n")


def with_url(env: str, source: UrlSource) -> str:
    """``env`` that takes the URL from ``source``; LIMBECK_URL still goes first."""
    if source.module is None:
        lines = [
            "# The URL of the database; LIMBECK_URL goes first, and what the configuration has comes last.",
            f'if (url := {source.expression}) and "LIMBECK_URL" not in os.environ:',
            '    config.set_main_option("sqlalchemy.url", url)',
        ]
        imports = []
    else:
        lines = [
            "# The URL of the database; LIMBECK_URL goes first.",
            'if "LIMBECK_URL" not in os.environ:',
            f'    config.set_main_option("sqlalchemy.url", {source.expression})',
        ]
        imports = [f"from {source.module} import {source.name}"]
    env = _with_imports(env, imports).replace(_CONFIGURED, f"{_CONFIGURED}{chr(10).join(lines)}\n", 1)
    return f"import os\n\n{env}"


def with_path(setting: str, root: str) -> str:
    """A configuration whose ``prepend_sys_path`` has the folder of the packages too."""
    if root == ".":
        return setting
    return setting.replace("prepend_sys_path = .\n", f"prepend_sys_path = .{os.pathsep}{root}\n").replace(
        'prepend_sys_path = ["."]\n', f'prepend_sys_path = [".", "{root}"]\n'
    )


def _with_imports(env: str, lines: Sequence[str]) -> str:
    """``env`` with further imports below its first one."""
    return env.replace(_FIRST, _FIRST + "".join(f"{line}\n" for line in lines), 1)
