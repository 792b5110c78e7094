"""Commands that show something as a picture, for people and for tools that draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import describe, verbs
from limbeck.errors import UsageError
from limbeck.show.paths import from_here

from . import printing
from .environments import environment_of
from .looking import demand_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.config import Config
    from limbeck.results import GraphResult, ReportResult, SchemasResult


def graph(
    config: Config,
    rev_range: str | None = None,
    *,
    applied: bool = False,
    format: str = "text",
    json: bool = False,
) -> GraphResult:
    """Draw the history: revisions from the newest down, and lines to what they need.

    Only files are read, unless the database is asked: with ``applied``, and where the range names ``current``.

    :param config: the configuration.
    :param rev_range: ``start:end``, both included, either left out; default: all.
    :param applied: ask the database what it has, and mark that.
    :param format: ``"text"``, ``"mermaid"``, ``"dot"``, ``"svg"`` or ``"json"``.
    :param json: print a JSON document instead.
    :return: the picture.
    :raises CommandError: with ``applied``, where a database cannot be reached.
    """
    from limbeck.graph.history import names_current
    from limbeck.show.graph import lines
    from limbeck.show.graph.terminal import graph as picture

    environment = environment_of(config)
    script = environment.script
    asked = demand_range(rev_range)
    positions = verbs.quiet_positions(environment) if applied or names_current(asked) else None
    rows = tuple(row for position in positions or () for row in position.rows)
    found = describe.graph(script, script.revisions_between(asked, rows), positions if applied else None)
    encoding: str | None = getattr(config.stdout, "encoding", None)
    printing.show(
        config,
        lines(found, format, encoding),
        lambda: found,
        json=json or format == "json",
        person=(lambda paper: picture(paper, found, encoding)) if format == "text" else None,
    )
    return found


def schema(
    config: Config,
    at: str | None = None,
    *,
    models: bool = False,
    format: str = "text",
    json: bool = False,
) -> SchemasResult:
    """Show the schema: of the database, of the models, or as it was at a revision.

    :param config: the configuration.
    :param at: a revision: show the schema that the history makes up to there, on a scratch database.
    :param models: show what the models declare.
    :param format: ``"text"``, ``"mermaid"``, ``"dbml"``, ``"sql"`` or ``"json"``.
    :param json: print a JSON document instead.
    :return: the schema of each database that env.py configures.
    :raises CommandError: where a database cannot be reached, or no scratch database can be made.
    """
    from limbeck.show.tables import lines
    from limbeck.show.tables.text import cells

    if models and at is not None:
        raise UsageError("Models have no revision", hint="name a revision, or give --models")
    found = verbs.schemas(environment_of(config), at, models=models)
    printing.show(
        config,
        lines(found, format),
        lambda: found,
        json=json or format == "json",
        person=(lambda paper: map(paper.painted, cells(found))) if format == "text" else None,
    )
    return found


def report(
    config: Config,
    *,
    html: str | None = None,
    serve: bool = False,
    port: int | None = None,
    applied: bool = False,
    dialect: Sequence[str] | None = None,
    json: bool = False,
) -> ReportResult:
    """Show the history, what it does and the schema that it makes, on one page for a browser.

    What revisions do is found by running the history on scratch databases; where there are none, the page says so.

    :param config: the configuration.
    :param html: the file that the page is written to.
    :param serve: show it on the loopback address until the process is interrupted, made anew when files change.
    :param port: the port for that; default: a free one.
    :param applied: also ask the databases: where they are, what ran there, their schema, and what an upgrade will do.
    :param dialect: others, whose SQL is shown beside that of the database.
    :param json: print the report as a JSON document.
    :return: the report; with ``serve`` the last one.
    :raises CommandError: with ``applied``, where a database cannot be reached; where the file cannot be written, or the
        port is taken.
    """
    from limbeck.report.elsewhere import demand_known
    from limbeck.report.finding import report as find
    from limbeck.report.writing import html as page
    from limbeck.script.write import write_whole

    if serve and (html is not None or json):
        raise UsageError("--serve shows the page, --html writes it, --json prints its data", hint="ask for one of them")
    if port is not None and not serve:
        raise UsageError("--port goes with --serve", hint="as in `limbeck report --serve --port 8000`")
    dialects = tuple(dict.fromkeys(dialect or ()))
    demand_known(dialects)
    if serve:
        return _serve(config, port or 0, applied=applied, dialects=dialects)
    if html is None and not json:
        hint = "`limbeck report --html report.html` writes it, `limbeck report --serve` shows it"
        raise UsageError("Where should the report go?", hint=hint)
    found = find(environment_of(config), applied=applied, dialects=dialects)
    lines: list[str] = []
    if html is not None:
        write_whole(html, page(found).encode())
        number = len(found.graph.rows)
        lines.append(f"{from_here(html)}: {number} revision{'' if number == 1 else 's'}")
    printing.show(config, lines, lambda: found, json=json)
    printing.note(config, (f"left out: {one.part}: {one.reason}" for one in found.unread))
    return found


def _serve(config: Config, port: int, *, applied: bool, dialects: Sequence[str]) -> ReportResult:
    from limbeck.report.finding import report as find
    from limbeck.report.serving import LiveReport
    from limbeck.report.watching import Watch
    from limbeck.report.writing import html

    made: list[ReportResult] = []

    def make(number: str) -> str:
        made[:] = [find(environment_of(config), applied=applied, dialects=dialects)]
        return html(made[0], live=number)

    live = LiveReport(make, port)
    watch = Watch(environment_of(config), applied=applied)

    def tell(address: str) -> None:
        printing.print_lines(config, [address])
        config.stdout.flush()  # a program that reads it waits for it

    live.serve(watch.changed, tell)
    return made[0]
