"""The result of comparing two indexes or constraints, and rules that several dialects compare by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class ComparisonResult(NamedTuple):
    """The result of comparing two indexes or constraints: ``status`` is equal, different or skip."""

    status: str
    message: str = ""

    @property
    def is_equal(self) -> bool:
        """Whether both are the same."""
        return self.status == "equal"

    @property
    def is_different(self) -> bool:
        """Whether they differ; `message` says how."""
        return self.status == "different"

    @property
    def is_skip(self) -> bool:
        """Whether they could not be compared; `message` says why."""
        return self.status == "skip"

    @classmethod
    def Equal(cls) -> ComparisonResult:  # noqa: N802 the documented name
        """Both are the same."""
        return cls("equal")

    @classmethod
    def Different(cls, reason: str | Sequence[str]) -> ComparisonResult:  # noqa: N802 the documented name
        """They differ, for ``reason``."""
        return cls("different", _joined(reason))

    @classmethod
    def Skip(cls, reason: str | Sequence[str]) -> ComparisonResult:  # noqa: N802 the documented name
        """They cannot be compared, for ``reason``."""
        return cls("skip", _joined(reason))


def _joined(reason: str | Sequence[str]) -> str:
    return reason if isinstance(reason, str) else ", ".join(reason)


IDENTITY_OPTIONS = (
    "always",
    "on_null",
    "start",
    "increment",
    "minvalue",
    "maxvalue",
    "nominvalue",
    "nomaxvalue",
    "cycle",
    "cache",
    "order",
)
"""The options of an identity, in the order in which scripts write them."""


def compare_identity_options(
    metadata_io: Any, inspector_io: Any, skip: set[str] | frozenset[str] = frozenset()
) -> tuple[set[str], set[str]]:
    """Which identity or sequence options differ; an option that the model does not state is not compared.

    :param metadata_io: the model's options object, or None.
    :param inspector_io: the database's, or None.
    :param skip: names to leave out.
    :return: the names that differ, and the names that only the database states.
    """
    stated = {name: getattr(metadata_io, name, None) for name in IDENTITY_OPTIONS if name not in skip}
    shown = {name: getattr(inspector_io, name, None) for name in stated}
    differing = {name for name, value in stated.items() if value is not None and value != shown[name]}
    unstated = {name for name, value in stated.items() if value is None and shown[name] is not None}
    return differing, unstated


def bare_default(default: str | None) -> str | None:
    """A default's SQL without one pair of outer parentheses and one of quotes."""
    if default is None:
        return None
    text = default.strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    return re.sub(r"""^(['"])(.*)\1$""", r"\2", text, flags=re.DOTALL)
