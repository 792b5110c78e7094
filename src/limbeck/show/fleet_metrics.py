"""A campaign as metrics, in OpenMetrics text, for a scraper or a collector of text files."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, get_args

from limbeck.results import TargetState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from limbeck.results import FleetResult

    Sample = tuple[str, Mapping[str, str], float]
    """What follows the name of a metric, labels, and the value."""


def metrics(found: FleetResult) -> str:
    """The text, which ends in ``# EOF``."""
    return "\n".join([*_lines(found), "# EOF", ""])


def _lines(found: FleetResult) -> Iterator[str]:
    labels = {"campaign": found.campaign, "kind": found.kind, "revision": found.revision, "state": found.state}
    yield from _metric("campaign", "info", "The campaign.", [("_info", labels, 1)])
    states = Counter(each.state for each in found.targets)
    counts: list[Sample] = [("", {"state": state}, states[state]) for state in get_args(TargetState)]
    counts.append(("", {"state": "waiting"}, found.waiting))
    yield from _metric("targets", "gauge", "Targets by state.", counts)
    servers = Counter((each.server or "", each.state) for each in found.targets)
    by_server: list[Sample] = [("", {"server": server, "state": state}, n) for (server, state), n in servers.items()]
    yield from _metric("server_targets", "gauge", "Targets by server and state.", by_server)
    codes = Counter(each.code or "" for each in found.failed)
    failures: list[Sample] = [("", {"code": code}, count) for code, count in codes.most_common()]
    yield from _metric("failures", "gauge", "Targets that failed, by code of the error.", failures)
    revisions = Counter(row for each in found.targets for row in each.rows_after or ())
    versions: list[Sample] = [("", {"revision": revision}, count) for revision, count in revisions.most_common()]
    yield from _metric("revision_targets", "gauge", "Targets that have a version row.", versions)
    stages: list[Sample] = [("", {"stage": each.name}, each.state == "passed") for each in found.stages]
    yield from _metric("stage_passed", "gauge", "Whether a stage has passed.", stages)
    seconds = [each.seconds for each in found.targets if each.seconds is not None]
    took: list[Sample] = [("_count", {}, len(seconds)), ("_sum", {}, round(sum(seconds), 3))]
    yield from _metric("target_seconds", "summary", "Time that targets took.", took, "seconds")
    for name, about, time in (
        ("started", "When the campaign began.", found.started),
        ("heartbeat", "When its driver was last heard of.", found.heartbeat),
        ("ended", "When it ended.", found.ended),
    ):
        if time is not None:
            value: list[Sample] = [("", {}, datetime.fromisoformat(time).timestamp())]
            yield from _metric(f"{name}_timestamp_seconds", "gauge", about, value, "seconds")


def _metric(name: str, kind: str, about: str, samples: Iterable[Sample], unit: str = "") -> Iterator[str]:
    whole = f"limbeck_fleet_{name}"
    yield f"# TYPE {whole} {kind}"
    if unit:
        yield f"# UNIT {whole} {unit}"
    yield f"# HELP {whole} {about}"
    for suffix, labels, value in samples:
        text = ",".join(f'{label}="{_escaped(each)}"' for label, each in labels.items())
        yield f"{whole}{suffix}{f'{{{text}}}' if text else ''} {float(value):.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
