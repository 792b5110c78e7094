"""Events as spans of OpenTelemetry: a span for the run, below it one for each step, below that one for each statement.

It needs ``pip install limbeck[otel]``. A program, or env.py, subscribes after it has set up its tracer provider::

    from limbeck import events
    from limbeck.events.opentelemetry import Spans

    events.subscribe(Spans())

On the command line ``tracing = true`` in the configuration does; ``opentelemetry-instrument limbeck upgrade head`` sets
up the provider.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from opentelemetry import trace

from limbeck import events
from limbeck.version import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Span, TracerProvider

_ORDER = ("run", "step", "statement")
_NAMES = {"dialect": "db.system.name", "statement": "db.query.text"}
"""The facts that OpenTelemetry has names for; others begin with ``limbeck.``."""
_TOLD_OTHERWISE = ("phase", "elapsed", "error", "wait", "progress")


class Spans:
    """A subscriber that makes spans.

    :param provider: where the tracer comes from; default: the global one.
    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer("limbeck", __version__, tracer_provider=provider)
        self._open: dict[tuple[str, str], Span] = {}

    def __call__(self, event: events.Event) -> None:
        """Begin or end the span that ``event`` is about, or add to it what is waited for."""
        key = (event.run, event.subject)
        if event.phase == "started":
            self._open[key] = self._begun(event)
            return
        span = self._open.get(key)
        if span is None or event.phase == "working":
            return  # it had begun before anybody subscribed, or goes on
        if event.wait is not None:
            span.add_event("waiting", {"limbeck.reason": event.wait.reason, "limbeck.holder": event.wait.holder})
            return
        span.set_attributes(_attributes(event))
        if event.phase == "failed":
            if event.error is not None:
                span.record_exception(event.error)
            span.set_status(trace.StatusCode.ERROR, None if event.error is None else str(event.error).split("\n", 1)[0])
        span.end()
        del self._open[key]

    def _begun(self, event: events.Event) -> Span:
        above = _ORDER[: _ORDER.index(event.subject)]
        parents = [self._open[event.run, subject] for subject in above if (event.run, subject) in self._open]
        context = trace.set_span_in_context(parents[-1]) if parents else None
        return self._tracer.start_span(_name(event), context, trace.SpanKind.CLIENT, _attributes(event))


def _name(event: events.Event) -> str:
    match event:
        case events.StepEvent():
            return f"limbeck {event.direction} {event.revision or ''}".rstrip()
        case events.StatementEvent():
            return " ".join(event.statement.split()[:2])
    return "limbeck run"


def _attributes(event: events.Event) -> dict[str, str | int | float | list[str]]:
    found: dict[str, str | int | float | list[str]] = {}
    for one in fields(event):
        value = getattr(event, one.name)
        if value is not None and one.name not in _TOLD_OTHERWISE:
            found[_NAMES.get(one.name, f"limbeck.{one.name}")] = list(value) if isinstance(value, tuple) else value
    return found
