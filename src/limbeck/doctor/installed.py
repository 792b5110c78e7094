"""What else is installed: the reference itself, our stand-in for it, plugins."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from limbeck.plugins import entry_points

from .finding import DIFFERS, NOTE, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDS_IN = "+limbeck"
KNOWN = (1, 20)


def check() -> Iterator[Finding]:
    """The distribution `alembic`, ours or the reference, and the plugins of group ``alembic.plugins``."""
    try:
        version = distribution("alembic").version
    except PackageNotFoundError:
        version = ""
    if version and STANDS_IN not in version:
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
        what = f"alembic {version} is installed too: the command `alembic` and programs that import it still mean it"
        yield Finding(
            NOTE, "alembic-installed", what, "nothing; the distribution in compat/ takes its place where wanted"
        )
        if numbers > KNOWN:
            what = f"alembic {version} is newer than the one that Limbeck stands in for, 1.20.1"
            yield Finding(DIFFERS, "newer-alembic", what, "look in its changelog for what your scripts use")
    for point in entry_points("alembic.plugins"):
        what = f"plugin '{point.name}' ({point.value}) is loaded by autogenerate, as in Alembic"
        yield Finding(NOTE, "plugin", what, "nothing")
