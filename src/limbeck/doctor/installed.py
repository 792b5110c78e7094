"""What is installed beside Limbeck: Alembic, the distribution that stands in for it, plugins."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from limbeck.findings import Finding
from limbeck.plugins import entry_points

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDS_IN = "+limbeck"
"""Part of the version of the distribution `alembic` in ``compat/``."""
KNOWN = (1, 20)
"""The newest Alembic whose behaviour Limbeck is tested against."""


def check() -> Iterator[Finding]:
    """The distribution `alembic`, and the plugins of group ``alembic.plugins``."""
    try:
        version = distribution("alembic").version
    except PackageNotFoundError:
        version = ""
    if version and STANDS_IN not in version:
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
        message = f"alembic {version} is installed too: the command `alembic` and programs that import it still mean it"
        yield Finding(
            "alembic-installed", "info", message, "nothing; the distribution in compat/ takes its place where wanted"
        )
        if numbers > KNOWN:
            message = f"alembic {version} is newer than the one that Limbeck stands in for, 1.20.1"
            yield Finding("newer-alembic", "warning", message, "look in its changelog for what your scripts use")
    for point in entry_points("alembic.plugins"):
        message = f"plugin '{point.name}' ({point.value}) is loaded by autogenerate, as in Alembic"
        yield Finding("plugin", "info", message, "nothing")
