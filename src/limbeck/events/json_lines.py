"""Events as lines of JSON, one object each: ``limbeck --log-format json``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from limbeck import events
from limbeck.console import write

if TYPE_CHECKING:
    from typing import TextIO


def to(stream: TextIO) -> events.Subscriber:
    """A subscriber that writes to ``stream``: ``time`` (ISO 8601, UTC), ``event``, and the facts of the event."""

    def follow(event: events.Event) -> None:
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        write(stream, json.dumps({"time": time, **events.facts(event)}) + "\n")

    return follow
