"""Plugins and dispatch: which comparators run, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine

from limbeck.autogenerate import comparators, compare_metadata
from limbeck.errors import CommandError
from limbeck.runtime.migration import MigrationContext
from limbeck.runtime.plugins import Plugin
from limbeck.runtime.priority import DispatchPriority, PriorityDispatcher, PriorityDispatchResult

STOP, CONTINUE = PriorityDispatchResult.STOP, PriorityDispatchResult.CONTINUE


def called(dispatcher: PriorityDispatcher, qualifier: str = "default") -> list[str]:
    seen: list[str] = []
    dispatcher.dispatch("table", qualifier=qualifier)(seen)
    return seen


def recording(name: str, result: PriorityDispatchResult | None = None):
    def function(seen: list[str]) -> PriorityDispatchResult | None:
        seen.append(name)
        return result

    return function


def test_priority_first_then_qualifier_then_order_of_registration():
    dispatcher = PriorityDispatcher()
    for name, priority, qualifier in (
        ("last", DispatchPriority.LAST, "sqlite"),
        ("default", DispatchPriority.MEDIUM, "default"),
        ("sqlite", DispatchPriority.MEDIUM, "sqlite"),
        ("default 2", DispatchPriority.MEDIUM, "default"),
        ("first", DispatchPriority.FIRST, "default"),
        ("other", DispatchPriority.FIRST, "mysql"),
    ):
        dispatcher.dispatch_for("table", priority=priority, qualifier=qualifier)(recording(name))
    assert called(dispatcher, "sqlite") == ["first", "sqlite", "default", "default 2", "last"]


def test_stop_ends_its_subgroup_only():
    dispatcher = PriorityDispatcher()
    for name, subgroup, result in (
        ("a1", "a", STOP),
        ("a2", "a", None),
        ("b1", "b", CONTINUE),
        ("b2", "b", None),
        ("none 1", None, STOP),
        ("none 2", None, None),
    ):
        dispatcher.dispatch_for("table", subgroup=subgroup)(recording(name, result))
    assert called(dispatcher) == ["a1", "b1", "b2", "none 1"]


def test_a_branch_is_a_copy():
    dispatcher = PriorityDispatcher()
    dispatcher.dispatch_for("table")(recording("a"))
    branch = dispatcher.branch()
    branch.dispatch_for("table")(recording("b"))
    assert called(dispatcher) == ["a"]
    assert called(branch) == ["a", "b"]


@pytest.fixture
def acme() -> Iterator[Plugin]:
    """A plugin with one comparator."""
    plugin = Plugin("acme.views.one")
    plugin.add_autogenerate_comparator(recording("acme"), "table")
    yield plugin
    plugin.remove()


@pytest.mark.parametrize(
    ("expressions", "chosen"),
    [
        (["acme.views.one"], True),
        (["acme.*"], True),
        (["acme.*.one"], True),
        (["*"], True),
        (["alembic.autogenerate.*"], False),
        (["*", "~acme.views.one"], False),
        (["*", "~acme.*"], False),
    ],
)
def test_plugins_are_chosen_by_patterns(acme: Plugin, expressions: list[str], chosen: bool):
    dispatcher = PriorityDispatcher()
    Plugin.populate_autogenerate_priority_dispatch(dispatcher, expressions)
    assert any(function.__qualname__.startswith("recording") for *_, function in dispatcher._functions) is chosen


@pytest.mark.parametrize("expression", ["", "acme.", ".", "acme views", "~", "acme.*x"])
def test_malformed_patterns_are_refused(expression: str):
    with pytest.raises(ValueError, match="Invalid plugin expression"):
        Plugin.populate_autogenerate_priority_dispatch(PriorityDispatcher(), [expression])


def test_unknown_names_are_refused():
    with pytest.raises(CommandError, match=r"Did not locate plugins: acme\.y, acme\.x"):
        Plugin.populate_autogenerate_priority_dispatch(PriorityDispatcher(), ["acme.y", "acme.x", "alembic.*"])


def test_a_name_is_registered_once(acme: Plugin):
    with pytest.raises(ValueError, match=r"A plugin named acme\.views\.one is already registered"):
        Plugin("acme.views.one")


def test_a_module_sets_itself_up():
    module = ModuleType("acme_module")
    module.setup = lambda plugin: plugin.add_autogenerate_comparator(recording("module"), "table")  # type: ignore[attr-defined]
    Plugin.setup_plugin_from_module(module, "acme.module")
    dispatcher = PriorityDispatcher()
    Plugin.populate_autogenerate_priority_dispatch(dispatcher, ["acme.module"])
    Plugin("acme.other").remove()
    assert called(dispatcher) == ["module"]
    Plugin.populate_autogenerate_priority_dispatch(PriorityDispatcher(), ["acme.*"])
    from limbeck.runtime import plugins

    plugins._registered["acme.module"].remove()


def test_the_old_name_of_the_check_plugin_works():
    dispatcher = PriorityDispatcher()
    Plugin.populate_autogenerate_priority_dispatch(dispatcher, ["alembic.autogenerate.checkconstraint_byname"])
    assert [function.__name__ for *_, function in dispatcher._functions] == ["compare_checks"]


def test_a_comparator_without_a_plugin_sees_each_table(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(comparators, "_functions", [])
    seen = []

    @comparators.dispatch_for("table")
    def note(autogen_context, modify_table_ops, schema, tname, conn_table, metadata_table):
        seen.append((schema, tname, conn_table is not None, metadata_table is not None))

    there, wanted = MetaData(), MetaData()
    for name, metadata in (("gone", there), ("both", there), ("both", wanted), ("new", wanted)):
        Table(name, metadata, Column("id", Integer, primary_key=True))
    with create_engine("sqlite://").connect() as connection:
        there.create_all(connection)
        compare_metadata(MigrationContext.configure(connection), wanted)
    assert seen == [(None, "new", False, True), (None, "gone", True, False), (None, "both", True, True)]


def test_a_comparator_of_columns_may_stop_those_of_limbeck():
    plugin = Plugin("acme.types")
    plugin.add_autogenerate_comparator(
        lambda *_: PriorityDispatchResult.STOP, "column", "types", priority=DispatchPriority.FIRST
    )
    there, wanted = MetaData(), MetaData()
    Table("t", there, Column("a", Integer))
    Table("t", wanted, Column("a", String(5)))
    try:
        with create_engine("sqlite://").connect() as connection:
            there.create_all(connection)
            ours = MigrationContext.configure(connection)
            assert len(compare_metadata(ours, wanted)) == 1
            both = MigrationContext.configure(
                connection, opts={"autogenerate_plugins": ["alembic.autogenerate.*", "acme.types"]}
            )
            assert compare_metadata(both, wanted) == []
    finally:
        plugin.remove()
