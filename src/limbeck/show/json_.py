"""Results as JSON, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limbeck.results import Result


def document(result: Result) -> str:
    """The document that ``--json`` prints: one object, indented, in ASCII whatever the encoding of the stream."""
    return json.dumps(result.as_json(), indent=2)
