"""Every operation is in every list that has to know it: one that was forgotten somewhere fails here."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from inspect import isroutine

import pytest
from gates import ROOT

import limbeck.operations
from limbeck.operations import Operations, ops
from limbeck.operations.operation import MigrateOperation, implementations
from limbeck.script.only_operations import _OPERATIONS as GROUPED

CONTAINERS = {"DowngradeOps", "MigrationScript", "ModifyTableOps", "OpContainer", "UpgradeOps"}
BASES = {"AddConstraintOp", "AlterTableOp", "MigrateOperation"}
IRREVERSIBLE = {"BulkInsertOp", "ExecuteSQLOp"}
CALLED_OTHERWISE = {"ExecuteSQLOp": "execute"}

END_A_GROUP = {
    *("add_enum_value", "create_enum", "drop_enum", "rename_enum_value", "replace_enum_values"),
    *("alter_domain", "create_domain", "drop_domain", "replace_domain"),
    *("alter_sequence", "create_sequence", "drop_sequence"),
    *("alter_table_options", "bulk_insert", "execute"),
}
"""They end a group of revisions that share a commit, which is always safe. A new operation is put here or there."""


def classes() -> dict[str, type[MigrateOperation]]:
    """All operations that a script can call, by the names of their classes."""
    modules = [
        importlib.import_module(f"limbeck.operations.{module.name}")
        for module in pkgutil.iter_modules(limbeck.operations.__path__)
    ]
    found = {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, MigrateOperation) and value.__module__ == module.__name__
    }
    left_out = CONTAINERS | BASES
    parents = {parent for each in found.values() for parent in each.__bases__}
    return {name: each for name, each in found.items() if name not in left_out and each not in parents}


OPERATIONS = classes()


def call_name(name: str) -> str:
    words = re.sub(r"(?<!^)([A-Z])", r"_\1", name.removesuffix("Op")).lower()
    return CALLED_OTHERWISE.get(name, words)


def test_there_are_operations() -> None:
    assert len(OPERATIONS) > 25


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_exported_called_carried_out_rendered_and_reversed(name: str) -> None:
    operation = OPERATIONS[name]
    assert name in ops.__all__, "operations/ops.py"
    assert isroutine(getattr(Operations, call_name(name), None)), f"op.{call_name(name)}"
    assert implementations.dispatch(operation), "how it is carried out"
    assert operation.to_call is not MigrateOperation.to_call, "its call form, by which it is rendered"
    assert operation.to_diff_tuple is not MigrateOperation.to_diff_tuple
    assert (operation.reverse is MigrateOperation.reverse) == (name in IRREVERSIBLE)


def test_the_exports_are_operations() -> None:
    values = {ops.Call, *(getattr(ops, name) for name in CONTAINERS | BASES)}
    assert {name for name in ops.__all__ if name not in OPERATIONS and getattr(ops, name) not in values} == set()


def test_type_checkers_see_what_op_offers() -> None:
    """The names that op.py declares for them are the methods of `Operations`."""
    tree = ast.parse((ROOT / "src" / "limbeck" / "op.py").read_text(encoding="utf-8"))
    declared = {
        node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Attribute)
        and ast.unparse(node.value.value) == "_op"
    }
    assert declared == {name for name in dir(Operations) if name[0] != "_" and isroutine(getattr(Operations, name))}


def test_it_is_decided_whether_revisions_with_it_share_a_commit() -> None:
    called = {call_name(name) for name in OPERATIONS}
    assert GROUPED - {"f"} | END_A_GROUP == called
    assert not GROUPED & END_A_GROUP
