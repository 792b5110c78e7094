"""A campaign as a page of HTML and as metrics, from its result alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tenants import Tenants

from limbeck.results import FleetResult, FleetStage, FleetTarget
from limbeck.show.fleet_metrics import metrics
from limbeck.show.fleet_page import page

FULL = "no such table: <b>\"x\" & 'y'</b>"
CAMPAIGN = FleetResult(
    "20261130T090000.000000",
    "stopped",
    "heads",
    "ab" * 32,
    "host:1",
    "2026-11-30T09:00:00Z",
    "2026-11-30T09:01:00Z",
    "2026-11-30T09:01:00Z",
    1500,
    (
        FleetTarget("a", "done", "db1:5432", 1, seconds=1.5, rows_before=("r1",), rows_after=("r2",), stage="canary"),
        FleetTarget(
            "b", "failed", "db1:5432", 2, seconds=3.0, rows_after=("r1",), code="database", error=FULL, hint="do"
        ),
        FleetTarget("c", "failed", "db2", 1, seconds=0.5, code="database", error=FULL, hint="do"),
        FleetTarget("d", "at head", None, 0, rows_before=("r2",), rows_after=("r2",)),
    ),
    (FleetStage("canary", "passed", 1), FleetStage("rest", "failed", 1499, "2 of 1499 targets failed")),
)


class Outline(HTMLParser):
    """The page as lines: headings, captions and cells; and every attribute that leads somewhere."""

    VOID = ("meta",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.open: list[str] = []
        self.leads: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.leads += [str(value) for name, value in attrs if name in {"src", "href", "action", "srcset"}]
        self.lines += [f"<{value}>" for name, value in attrs if name == "aria-label"]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in {"tr", "h1", "h2", "h3", "pre", "p", "dt"}:
            self.lines.append("# " if tag.startswith("h") else "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] != "style":
            self.lines[-1:] = [f"{self.lines[-1] if self.lines else ''}{data.strip()} | "]


def test_a_page() -> None:
    outline = Outline(page(CAMPAIGN))
    assert (outline.open, outline.leads) == ([], [])
    assert [line.removesuffix(" | ") for line in outline.lines] == snapshot(
        [
            "Fleet upgrade to heads: stopped",
            "# Fleet upgrade to heads: stopped",
            "Campaign | 20261130T090000.000000",
            "Targets | 1,500",
            "Began | 2026-11-30T09:00:00Z",
            "Ended | 2026-11-30T09:01:00Z",
            "Driver | host:1",
            "Plan | abababababababababababababababababababababababababababababababab",
            "# By state",
            "<Targets by state>",
            "State | Targets | Share",
            "waiting | 1,496",
            "failed | 2",
            "done | 1",
            "at head | 1",
            "# Stages",
            "<Stages in their order>",
            "Stage | Targets | State | Why",
            "canary | 1 | passed",
            "rest | 1,499 | failed | 2 of 1499 targets failed",
            "# Failures",
            "# database: 2 targets",
            "no such table: <b>\"x\" & 'y'</b>",
            "What to do: do | Which targets",
            "b | , | c",
            "# By server",
            "<Targets by server, with how long they took>",
            "Server | Targets | Failed | Median | Longest",
            "db1:5432 | 2 | 1 | 2.25 s | 3.00 s",
            "db2 | 1 | 1 | 0.50 s | 0.50 s",
            "without a server | 1 | 0",
            "# Slowest",
            "<The targets that took longest>",
            "Target | Server | State | Attempts | Took",
            "b | db1:5432 | failed | 2 | 3.00 s",
            "a | db1:5432 | done | 1 | 1.50 s",
            "c | db2 | failed | 1 | 0.50 s",
            "# Versions",
            "<Targets by version rows>",
            "Revisions | Targets | Share",
            "r2 | 2",
            "r1 | 1",
        ]
    )


def test_a_page_needs_nothing_from_elsewhere() -> None:
    """No script, no address; and what a browser would load all the same is forbidden to it."""
    text = page(CAMPAIGN)
    assert not re.findall(r"<script|<link|<img|https?:|url\(|@import", text)
    assert "default-src 'none'" in text
    assert text.count("<th scope=") == text.count("<th ")


@given(st.text(), st.text(), st.text())
def test_a_page_has_texts_as_texts(name: str, error: str, server: str) -> None:
    target = FleetTarget(name, "failed", server, 1, seconds=1.0, code="x", error=error, hint=error)
    outline = Outline(page(FleetResult("c", "done", name, "h", "d", "s", "b", None, 1, (target,))))
    assert outline.open == []
    assert not outline.leads


def test_metrics() -> None:
    """As a reader of OpenMetrics understands them."""
    families = {each.name: each for each in text_string_to_metric_families(metrics(CAMPAIGN))}
    read = {
        name: [(sample.name.removeprefix(name), sample.labels, sample.value) for sample in each.samples if sample.value]
        for name, each in families.items()
    }
    assert {name: each.type for name, each in families.items() if each.type != "gauge"} == {
        "limbeck_fleet_campaign": "info",
        "limbeck_fleet_target_seconds": "summary",
    }
    assert read == snapshot(
        {
            "limbeck_fleet_campaign": [
                (
                    "_info",
                    {"campaign": "20261130T090000.000000", "kind": "upgrade", "revision": "heads", "state": "stopped"},
                    1,
                )
            ],
            "limbeck_fleet_targets": [
                ("", {"state": "at head"}, 1),
                ("", {"state": "done"}, 1),
                ("", {"state": "failed"}, 2),
                ("", {"state": "waiting"}, 1496),
            ],
            "limbeck_fleet_server_targets": [
                ("", {"server": "db1:5432", "state": "done"}, 1),
                ("", {"server": "db1:5432", "state": "failed"}, 1),
                ("", {"server": "db2", "state": "failed"}, 1),
                ("", {"server": "", "state": "at head"}, 1),
            ],
            "limbeck_fleet_failures": [("", {"code": "database"}, 2)],
            "limbeck_fleet_revision_targets": [("", {"revision": "r2"}, 2), ("", {"revision": "r1"}, 1)],
            "limbeck_fleet_stage_passed": [("", {"stage": "canary"}, 1)],
            "limbeck_fleet_target_seconds": [("_count", {}, 3), ("_sum", {}, 5)],
            "limbeck_fleet_started_timestamp_seconds": [("", {}, 1796029200)],
            "limbeck_fleet_heartbeat_timestamp_seconds": [("", {}, 1796029260)],
            "limbeck_fleet_ended_timestamp_seconds": [("", {}, 1796029260)],
        }
    )


@given(st.text(), st.text())
def test_labels_of_metrics_are_escaped(name: str, server: str) -> None:
    target = FleetTarget(name, "failed", server, 1, code=name)
    text = metrics(
        FleetResult(name, "done", name, "h", "d", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", None, 1, (target,))
    )
    families = {each.name: each for each in text_string_to_metric_families(text)}
    (sample,) = families["limbeck_fleet_server_targets"].samples
    assert sample.labels["server"] == server


def test_the_command_writes_both(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path, 1)
    targets = tenants.files(2)
    words = ["--html", "report.html", "--metrics", "fleet.prom"]
    code, _, err = tenants.run("upgrade", "--targets", tenants.listed(targets), *words)
    assert (code, err) == (0, "")
    first = [(tmp_path / name).read_text() for name in ("report.html", "fleet.prom")]
    assert tenants.run("report", *words)[0] == 0
    assert [(tmp_path / name).read_text() for name in ("report.html", "fleet.prom")] == first
    code, out, err = tenants.run("report", "--html", "missing/report.html")
    assert (code, out) == (2, "")
    assert "missing/report.html cannot be written: there is no folder" in err
    assert tenants.run("status", "--targets", tenants.listed(targets), "--html", "x.html")[0] == 2
