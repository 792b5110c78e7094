"""A campaign as a page of HTML: one file, without scripts, which asks no network for anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from html import escape
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from limbeck.results import FleetResult, FleetTarget

SLOWEST = 20
"""How many targets are listed as the slowest."""
_NAMED = 200
"""How many targets of one failure are named."""

_STYLE = """\
:root { color-scheme: light dark; --line: #d0d7de; --bar: #0969da; --bad: #b3261e; --quiet: #57606a; }
@media (prefers-color-scheme: dark) { :root { --line: #444c56; --bar: #58a6ff; --bad: #ff8a80; --quiet: #a8b1bb; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; min-width: 50%; }
th, td { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--line); }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.bar { display: block; height: .6rem; margin-top: .45rem; background: var(--bar); min-width: 2px; }
.bad { color: var(--bad); font-weight: 600; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 4px solid var(--bad); padding-left: 1rem; }
summary { cursor: pointer; }
summary:focus-visible, .wide:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
@media print { body { max-width: none; } }
"""

_BAD = frozenset({"failed", "locked", "interrupted", "stopped"})


def page(found: FleetResult) -> str:
    """The page."""
    title = f"Fleet {found.kind} to {found.revision}: {found.state}"
    sections = (_states(found), _stages(found), _failures(found), _servers(found), _slowest(found), _versions(found))
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>
{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{_facts(found)}{"".join(map("".join, sections))}</main>
</body>
</html>
"""


def _facts(found: FleetResult) -> str:
    facts = (
        ("Campaign", found.campaign),
        ("Targets", f"{found.total:,}"),
        ("Began", found.started),
        ("Ended", found.ended or f"not yet; its driver was last heard of at {found.heartbeat}"),
        ("Driver", found.driver),
        ("Plan", found.plan_hash),
    )
    return "<dl>\n" + "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>\n" for name, value in facts) + "</dl>\n"


def _states(found: FleetResult) -> Iterator[str]:
    counts: Counter[str] = Counter(each.state for each in found.targets)
    if found.waiting:
        counts["waiting"] = found.waiting
    yield _heading("By state")
    yield from _table("Targets by state", ("State", "#Targets", "Share"), _with_bars(counts.most_common(), found.total))


def _stages(found: FleetResult) -> Iterator[str]:
    if found.stages:
        yield _heading("Stages")
        rows = [(each.name, each.total, _state(each.state), each.error or "") for each in found.stages]
        yield from _table("Stages in their order", ("Stage", "#Targets", "State", "Why"), rows)


def _failures(found: FleetResult) -> Iterator[str]:
    """What failed, by the text of the error."""
    groups: defaultdict[tuple[str, str, str], list[FleetTarget]] = defaultdict(list)
    for each in found.failed:
        groups[each.code or each.state, each.error or "", each.hint or ""].append(each)
    if not groups:
        return
    yield _heading("Failures")
    for (code, error, hint), some in sorted(groups.items(), key=lambda group: -len(group[1])):
        yield f"<h3>{escape(code)}: {_targets(len(some))}</h3>\n<pre>{escape(error)}</pre>\n"
        if hint:
            yield f"<p>What to do: {escape(hint)}</p>\n"
        more = f" and {len(some) - _NAMED:,} more" if len(some) > _NAMED else ""
        names = ", ".join(f"<code>{escape(each.name)}</code>" for each in some[:_NAMED])
        is_open = " open" if len(some) == 1 else ""
        yield f"<details{is_open}><summary>Which targets</summary><p>{names}{more}</p></details>\n"


def _servers(found: FleetResult) -> Iterator[str]:
    groups: defaultdict[str, list[FleetTarget]] = defaultdict(list)
    for each in found.targets:
        groups[each.server or "without a server"].append(each)
    rows: list[tuple[object, ...]] = []
    for server, some in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
        took = [each.seconds for each in some if each.seconds is not None]
        times = (_seconds(median(took)), _seconds(max(took))) if took else ("", "")
        rows.append((server, len(some), sum(each.is_failed for each in some), *times))
    if rows:
        yield _heading("By server")
        heads = ("Server", "#Targets", "#Failed", "#Median", "#Longest")
        yield from _table("Targets by server, with how long they took", heads, rows)


def _slowest(found: FleetResult) -> Iterator[str]:
    timed = [each for each in found.targets if each.seconds is not None]
    slowest = sorted(timed, key=lambda each: (-(each.seconds or 0.0), each.name))[:SLOWEST]
    rows = [
        (each.name, each.server or "", _state(each.state), each.attempt, _seconds(each.seconds or 0.0))
        for each in slowest
    ]
    if rows:
        yield _heading("Slowest")
        heads = ("Target", "Server", "State", "#Attempts", "#Took")
        yield from _table("The targets that took longest", heads, rows)


def _versions(found: FleetResult) -> Iterator[str]:
    """Where the targets are now, as far as it is known."""
    known = [each for each in found.targets if each.rows_after is not None]
    counts = Counter(", ".join(each.rows_after or ()) or "base" for each in known)
    if counts:
        yield _heading("Versions")
        yield from _table(
            "Targets by version rows", ("Revisions", "#Targets", "Share"), _with_bars(counts.most_common(), len(known))
        )


class _Html(str):
    """Text that is markup already."""

    __slots__ = ()


def _with_bars(counts: Iterable[tuple[str, int]], total: int) -> list[tuple[object, ...]]:
    """Rows with a bar, which says nothing that its row does not say in digits."""
    return [
        (_state(name), count, _Html(f'<span class="bar" style="width: {count * 16 / max(total, 1):.2f}rem"></span>'))
        for name, count in counts
    ]


def _state(name: str) -> str:
    return _Html(f'<span class="bad">{escape(name)}</span>') if name in _BAD else name


def _heading(text: str) -> str:
    return f"<h2>{text}</h2>\n"


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table; the columns whose head begins with ``#`` have numbers."""
    numeric = [head.startswith("#") for head in heads]
    yield f'<div class="wide" tabindex="0" role="group" aria-label="{caption}">\n<table>\n<thead><tr>'
    yield "".join(
        f'<th scope="col"{_class(is_number)}>{head.lstrip("#")}</th>'
        for head, is_number in zip(heads, numeric, strict=True)
    )
    yield "</tr></thead>\n<tbody>\n"
    for first, *rest in rows:
        cells = (f"<td{_class(number)}>{_cell(each)}</td>" for each, number in zip(rest, numeric[1:], strict=True))
        yield f'<tr><th scope="row">{_cell(first)}</th>{"".join(cells)}</tr>\n'
    yield "</tbody>\n</table>\n</div>\n"


def _class(is_number: bool) -> str:
    return ' class="n"' if is_number else ""


def _cell(value: object) -> str:
    if isinstance(value, _Html):
        return value
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _seconds(value: float) -> str:
    return f"{value:,.2f} s"


def _targets(count: int) -> str:
    return "1 target" if count == 1 else f"{count:,} targets"
