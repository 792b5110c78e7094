"""Post-write hooks: programs and functions that are run on a revision file just written."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, TypeVar

from limbeck.console import status
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from limbeck.config import PostWriteHookConfig

    Options = Mapping[str, object]

REVISION_SCRIPT_TOKEN = "REVISION_SCRIPT_FILENAME"  # noqa: S105 a placeholder, no password

Hook = TypeVar("Hook", bound="Callable[..., object]")

_registry: dict[str, Callable[..., object]] = {}


def register(name: str) -> Callable[[Hook], Hook]:
    """Decorator: make ``function(filename, options)`` the hook type ``name``."""

    def decorate(function: Hook) -> Hook:
        _registry[name] = function
        return function

    return decorate


def types() -> list[str]:
    """The registered hook types, sorted by name."""
    return sorted(_registry)


def run(path: str, hooks: Sequence[PostWriteHookConfig], *, quiet: bool = False) -> None:
    """Run ``hooks`` on the file ``path``, in their order.

    Raises `CommandError`, with the name of the hook, where a setting is missing or wrong and where a program ends with
    another exit status than 0; the file stays.
    """
    for options in hooks:
        name = options.get("_hook_name", "")
        kind = options.get("type")
        if not kind:
            raise CommandError(
                f"Key '{name}.type' (or 'type' in toml) is required for post write hook '{name}'",
                code="hook-setting",
                hint="types: console_scripts, exec, module, or one that env.py registers",
                file=path,
            )
        with status(f"Running post write hook '{name}'", quiet=quiet, newline=True):
            _invoke(kind, path, options)


def _invoke(name: str, path: str, options: Options) -> object:
    """Call the hook type ``name``; raises `CommandError` where there is none."""
    if name not in _registry:
        raise CommandError(
            f"No formatter with name '{name}' registered",
            code="hook-unknown",
            hint=f"types: {', '.join(types())}; one of your own is registered in env.py, "
            "with revision_environment = true",
        )
    return _registry[name](path, options)


@register("console_scripts")
def console_scripts(
    path: str, options: Options, ignore_output: bool = False, verify_version: tuple[int, ...] | None = None
) -> None:
    """Run the console script that an installed distribution offers as ``entrypoint``, with this Python.

    :param ignore_output: do not show what it prints.
    :param verify_version: lowest version of its distribution.
    """
    from importlib.metadata import entry_points

    wanted = _required(options, "entrypoint")
    points = [point for point in entry_points(group="console_scripts") if point.name == wanted]
    if not points:
        raise CommandError(
            f"Could not find entrypoint console_scripts.{wanted}",
            code="hook-setting",
            hint=f"install {wanted} into this environment",
        )
    point = points[0]
    if verify_version is not None and point.dist is not None:
        found = tuple(int(part) for part in point.dist.version.split(".") if part.isdigit())
        if found < verify_version:
            raise CommandError(
                f"Hook needs {wanted} {'.'.join(map(str, verify_version))}, found {point.dist.version}",
                code="hook-setting",
                hint=f"install a newer {wanted} into this environment",
            )
    call = f"import sys; from {point.module} import {point.attr.split('.')[0]}; sys.exit({point.attr}())"
    _run(path, options, [sys.executable, "-c", call], ignore_output=ignore_output)


@register("exec")
def exec_(path: str, options: Options, ignore_output: bool = False) -> None:
    """Run the program ``executable``, found by PATH or by its full path."""
    _run(path, options, [_required(options, "executable")], ignore_output=ignore_output)


@register("module")
def module(path: str, options: Options, ignore_output: bool = False) -> None:
    """Run the module ``module`` with this Python, as ``python -m`` does."""
    from importlib.util import find_spec

    name = _required(options, "module")
    try:
        found = find_spec(name) is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        raise CommandError(
            f"Could not find module {name}", code="hook-setting", hint=f"install {name} into this environment"
        )
    _run(path, options, [sys.executable, "-m", name], ignore_output=ignore_output)


def _required(options: Options, key: str) -> str:
    name = options.get("_hook_name", "")
    value = options.get(key)
    if not value:
        raise CommandError(
            f"Key {name}.{key} is required for post write hook '{name}'",
            code="hook-setting",
            hint=f"add {name}.{key} = ... to [post_write_hooks], or {key} to the hook's table in TOML",
        )
    return str(value)


def _arguments(path: str, options: str) -> list[str]:
    """``options`` as arguments, with the path of the file in place of the token, or first where there is no token."""
    words = shlex.split(options, posix=os.name == "posix")
    if REVISION_SCRIPT_TOKEN not in options:
        return [path, *words]
    return [word.replace(REVISION_SCRIPT_TOKEN, path) for word in words]


def _run(path: str, options: Options, command: list[str], *, ignore_output: bool) -> None:
    name, cwd = options.get("_hook_name", ""), options.get("cwd")
    sys.stdout.flush()
    output = subprocess.DEVNULL if ignore_output else None
    try:
        done = subprocess.run(  # noqa: S603 a program that the configuration names
            [*command, *_arguments(path, str(options.get("options", "")))],
            cwd=str(cwd) if cwd else None,
            stdout=output,
            stderr=output,
            check=False,
        )
    except OSError as error:
        raise CommandError(
            f"Post write hook '{name}' can't be started: {error}",
            code="hook-failed",
            hint="executable is a program on PATH or a full path; cwd must be there",
            file=path,
        ) from error
    if done.returncode:
        raise CommandError(
            f"Post write hook '{name}' failed with exit status {done.returncode}",
            code="hook-failed",
            hint="the revision file was written and stays",
            file=path,
        )
