"""Rewriter: functions for classes of operations change what is rendered."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Integer

from limbeck.autogenerate import Rewriter
from limbeck.operations import ops

CONTEXT: Any = None


def script(*operations: ops.MigrateOperation) -> ops.MigrationScript:
    upgrade = ops.UpgradeOps([ops.ModifyTableOps("t", operations)])
    return ops.MigrationScript("r1", upgrade, ops.DowngradeOps([]))


def add(name: str, **kw: Any) -> ops.AddColumnOp:
    return ops.AddColumnOp("t", Column(name, Integer, **kw))


def names(made: ops.MigrationScript) -> list[str]:
    table: Any = made.upgrade_ops.ops[0]
    return [f"{type(op).__name__} {op.column.name if hasattr(op, 'column') else op.column_name}" for op in table.ops]


def test_one_operation_becomes_two():
    writer = Rewriter()

    @writer.rewrites(ops.AddColumnOp)
    def in_two_steps(context, revision, op):
        if op.column.nullable:
            return op
        op.column.nullable = True
        return [op, ops.AlterColumnOp("t", op.column.name, modify_nullable=False, existing_type=op.column.type)]

    made = script(add("a", nullable=False), add("b"))
    writer(CONTEXT, "r0", [made])
    assert names(made) == ["AddColumnOp a", "AlterColumnOp a", "AddColumnOp b"]


def test_an_operation_passes_a_rewriter_once():
    writer = Rewriter()
    seen = []

    @writer.rewrites(ops.AddColumnOp)
    def doubled(context, revision, op):
        seen.append(op.column.name)
        return [op, add(op.column.name + "2")]

    made = script(add("a"))
    writer(CONTEXT, "r0", [made])
    writer(CONTEXT, "r0", [made])
    assert seen == ["a"]
    assert names(made) == ["AddColumnOp a", "AddColumnOp a2"]


def test_an_empty_list_takes_an_operation_out():
    writer = Rewriter()
    writer.rewrites(ops.AddColumnOp)(lambda context, revision, op: [])
    made = script(add("a"), add("b"))
    writer(CONTEXT, "r0", [made])
    assert made.upgrade_ops.ops[0].is_empty()


def test_a_function_for_a_base_class_sees_its_subclasses():
    writer = Rewriter()
    seen = []

    @writer.rewrites(ops.AlterTableOp)
    def note(context, revision, op):
        seen.append(type(op).__name__)
        return op

    writer(CONTEXT, "r0", [script(add("a"), ops.DropColumnOp("t", "b"))])
    assert seen == ["AddColumnOp", "DropColumnOp"]


def test_several_classes_and_stacked_decorators():
    writer = Rewriter()
    seen = []

    @writer.rewrites(ops.AlterColumnOp)
    @writer.rewrites((ops.AddColumnOp, ops.DropColumnOp))
    def note(context, revision, op):
        seen.append(type(op).__name__)
        return op

    writer(CONTEXT, "r0", [script(add("a"), ops.AlterColumnOp("t", "a"), ops.DropColumnOp("t", "b"))])
    assert seen == ["AddColumnOp", "AlterColumnOp", "DropColumnOp"]


def test_containers_and_scripts_too():
    writer = Rewriter()
    seen = []

    @writer.rewrites((ops.MigrationScript, ops.UpgradeOps, ops.DowngradeOps, ops.ModifyTableOps))
    def note(context, revision, op):
        seen.append(type(op).__name__)
        return op

    writer(CONTEXT, "r0", [script(add("a"))])
    assert seen == ["MigrationScript", "UpgradeOps", "ModifyTableOps", "DowngradeOps"]


def test_the_lists_of_a_script_stay_one_object_each():
    writer = Rewriter()
    writer.rewrites(ops.UpgradeOps)(lambda context, revision, op: [op, op])
    with pytest.raises(ValueError, match="Can only return single object for UpgradeOps traverse"):
        writer(CONTEXT, "r0", [script(add("a"))])


def test_a_chain_runs_one_after_the_other():
    first, second = Rewriter(), Rewriter()
    first.rewrites(ops.AddColumnOp)(lambda context, revision, op: [op, add("added_by_first")])
    seen = []

    @second.rewrites(ops.AddColumnOp)
    def note(context, revision, op):
        seen.append(op.column.name)
        return op

    def hook(context, revision, directives):
        seen.append(("hook", revision, len(directives)))

    first.chain(second).chain(hook)(CONTEXT, "r0", [script(add("a"))])
    assert seen == ["a", "added_by_first", ("hook", "r0", 1)]


def test_one_class_has_one_function():
    writer = Rewriter()
    writer.rewrites(ops.AddColumnOp)(lambda context, revision, op: op)
    with pytest.raises(ValueError, match="key already exists"):
        writer.rewrites(ops.AddColumnOp)(lambda context, revision, op: op)
