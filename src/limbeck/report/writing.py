"""A report as one page of HTML that asks nobody for anything: style, script and data stand in it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from limbeck.findings import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from limbeck.results import GraphRow, Json, RehearsedRevision, ReportResult

    Object = dict[str, Json]

_SCRIPTS = ("data", "elements", "list", "history", "diagram", "revision", "schema", "plan", "status", "main")
"""The files of the script, in their order."""

_CHUNK = 100
"""Revisions whose details stand in one element: an opened revision has the page read no more than that."""


def html(found: ReportResult, live: str | None = None) -> str:
    """The page.

    The first screen needs the graph alone, which stands before the script; the rest follows it, in elements of JSON
    that are read when they are asked for.

    :param live: what tells this page from later ones, where it is served; None: it stands for itself.
    """
    script = '\n(() => {\n"use strict";\n' + "\n".join(_file(f"{name}.js") for name in _SCRIPTS) + "})();\n"
    digest = b64encode(sha256(script.encode()).digest()).decode()
    asks = "'none'" if live is None else "'self'"
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; connect-src {asks}; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "title": escape(found.title),
        "style": _file("page.css"),
        "report": _embedded(_first(found, live)),
        "script": script,
        "details": "".join(_elements(found)),
    }
    return re.sub(rf"\{{({'|'.join(parts)})\}}", lambda mark: parts[mark[1]], _file("page.html"))


def _file(name: str) -> str:
    return files("limbeck.report").joinpath("page", name).read_text(encoding="utf-8")


def _embedded(value: object) -> str:
    """A value as JSON that may stand in an element of HTML."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _compact(value: Json) -> Json:
    """A JSON value without keys that hold nothing; the page asks for them the same way."""
    if isinstance(value, dict):
        return {name: _compact(each) for name, each in value.items() if each is not None and each not in ("", [])}
    return [_compact(each) for each in value] if isinstance(value, list) else value


def _objects(value: Json) -> list[Object]:
    return cast("list[Object]", value)


# --- what the first screen needs --------------------------------------------------------------------------------------


def _first(found: ReportResult, live: str | None) -> dict[str, object]:
    """What the history of the page shows of each revision, and what there is besides."""
    runs = [run for one in found.log.databases for run in one.runs] if found.log is not None else []
    failed = {row.revision for run in runs for row in run.steps if row.state in {"failed", "interrupted"}}
    does = [{one.revision: one for one in history.revisions} for history in found.histories]
    return {
        "title": found.title,
        "made": found.made,
        "live": live,
        "chunk": _CHUNK,
        "asked": len(found.graph.databases),
        "pending": 0 if found.status is None else max((len(one.pending) for one in found.status.databases), default=0),
        "databases": [{"database": one.database, "dialect": one.dialect} for one in found.histories],
        "schemas": [one.source for one in found.schemas],
        "unread": [{"part": one.part, "reason": one.reason} for one in found.unread],
        "rows": [
            _row(row, json_, [one[name] for one in does if (name := row.revision.revision) in one], failed)
            for row, json_ in zip(found.graph.rows, _objects(found.graph.as_json()["rows"]), strict=True)
        ],
    }


def _row(row: GraphRow, json_: Object, does: Sequence[RehearsedRevision], failed: Collection[str | None]) -> Object:
    findings = [finding for one in does for finding in one.findings]
    tables = {
        side.full_name: None for one in does for change in one.tables for side in (change.before, change.after) if side
    }
    more: Object = {
        "worst": min((one.severity for one in findings), key=SEVERITIES.index, default=None),
        "findings": len(findings) or None,
        "failed": row.revision.revision in failed or None,
        "tables": [*tables],
    }
    revision = {**cast("Object", json_["revision"]), "longdoc": None}
    shown = cast("Object", _compact({**json_, **more, "revision": revision}))
    return shown if row.applied_to is None else {**shown, "applied_to": list(row.applied_to)}


# --- what follows it --------------------------------------------------------------------------------------------------


def _elements(found: ReportResult) -> Iterator[str]:
    """The elements of JSON behind the script."""
    for name, result in (("plan", found.plan), ("status", found.status), ("log", found.log)):
        if result is not None:
            yield _element(name, _compact(result.as_json()))
    for number, schema in enumerate(found.schemas):
        yield _element(f"schema-{number}", _compact(schema.as_json()))
    sources = {one.revision: one.text for one in found.sources}
    histories = _objects(found.as_json()["histories"])
    does = [{str(one["revision"]): one for one in _objects(history["revisions"])} for history in histories]
    names = [row.revision for row in found.graph.rows]
    for number, start in enumerate(range(0, len(names), _CHUNK)):
        chunk: list[Json] = [
            {
                "longdoc": entry.longdoc,
                "source": sources.get(entry.revision, ""),
                "histories": [one.get(entry.revision) or {} for one in does],
            }
            for entry in names[start : start + _CHUNK]
        ]
        yield _element(f"revisions-{number}", _compact(chunk))


def _element(name: str, value: object) -> str:
    return f'<script type="application/json" id="data-{name}">{_embedded(value)}</script>\n'
