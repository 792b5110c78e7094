"""What happens in a campaign as lines of JSON, one object each."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from limbeck.console import write
from limbeck.results import FleetResult, FleetTarget

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from limbeck.results import FleetStage


def to(stream: TextIO) -> Callable[[FleetResult | FleetStage | FleetTarget], None]:
    """A function that writes to ``stream``: ``time`` (ISO 8601, UTC), ``event``, and what there is to say.

    The event is ``campaign``, ``stage`` or ``target``; what is null is left out.
    """

    def follow(changed: FleetResult | FleetStage | FleetTarget) -> None:
        event = (
            "campaign"
            if isinstance(changed, FleetResult)
            else "target"
            if isinstance(changed, FleetTarget)
            else "stage"
        )
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        facts = {name: value for name, value in asdict(changed).items() if value is not None and name not in _WHOLE}
        write(stream, json.dumps({"time": time, "event": event, **facts}) + "\n")

    return follow


_WHOLE = ("targets", "stages", "digest", "may_pass")
"""Fields of a campaign that have events of their own, and what is not kept of a target."""
