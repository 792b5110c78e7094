"""Every operation is in every list that has to know it: one that was forgotten somewhere fails here.

The list of all is `limbeck.operations.operation.OPERATIONS`, which the decorator on their classes fills.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from inspect import isroutine

import pytest
from gates import ROOT

import limbeck.operations
from limbeck.autogenerate import renderers
from limbeck.autogenerate.render.calls import render_call
from limbeck.operations import BatchOperations, Operations, ops, toimpl
from limbeck.operations.operation import OPERATIONS, MigrateOperation, implementations
from limbeck.script.only_operations import _OPERATIONS as GROUPED

CONTAINERS = {"DowngradeOps", "MigrationScript", "ModifyTableOps", "OpContainer", "UpgradeOps"}
BASES = {"AddConstraintOp", "AlterTableOp", "DropOp", "MigrateOperation", "StandaloneOp", "TakesOptions"}
IRREVERSIBLE = {"bulk_insert", "execute"}

END_A_GROUP = {
    *("add_enum_value", "create_enum", "drop_enum", "rename_enum_value", "replace_enum_values"),
    *("alter_domain", "create_domain", "drop_domain", "replace_domain"),
    *("alter_sequence", "create_sequence", "drop_sequence"),
    *("alter_table_options", "bulk_insert", "execute"),
    *("create_view", "drop_view", "replace_view"),
    *("create_function", "drop_function", "replace_function"),
    *("create_procedure", "drop_procedure", "replace_procedure"),
    *("create_trigger", "drop_trigger", "replace_trigger"),
    *("create_object", "drop_object", "replace_object"),
    *("attach_partition", "create_partition", "detach_partition", "drop_partition"),
}
"""They end a group of revisions that share a commit, which is always safe. A new operation is put here or there."""


def classes() -> set[type[MigrateOperation]]:
    """All operations that the modules of the package define, bases and containers left out."""
    modules = [
        importlib.import_module(f"limbeck.operations.{module.name}")
        for module in pkgutil.iter_modules(limbeck.operations.__path__)
    ]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, MigrateOperation) and value.__module__ == module.__name__
    }
    parents = {parent for each in found for parent in each.__bases__}
    return {each for each in found if each.__name__ not in CONTAINERS | BASES and each not in parents}


def test_every_class_is_registered() -> None:
    assert len(OPERATIONS) > 25
    assert set(OPERATIONS.values()) == classes()


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_exported_called_carried_out_and_reversed(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation.__name__ in ops.__all__, "operations/ops.py"
    assert isroutine(getattr(Operations, name, None)), f"op.{name}"
    assert hasattr(BatchOperations, name) == operation.in_batch, f"batch_op.{name}"
    assert implementations.dispatch(operation) in vars(toimpl).values(), "operations/toimpl.py"
    assert operation.to_diff_tuple is not MigrateOperation.to_diff_tuple
    assert (operation.reverse is MigrateOperation.reverse) == (name in IRREVERSIBLE)


OF_THEIR_OWN = {"add_column", "alter_column", "create_table", "drop_constraint", "execute"}
"""Operations whose text depends on more than their call."""


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_it_is_rendered_by_its_call(name: str) -> None:
    assert (renderers.dispatch(OPERATIONS[name]) is not render_call) == (name in OF_THEIR_OWN)


def test_the_exports_are_operations() -> None:
    others = {"AddConstraintOp", "AlterTableOp", "Call", "MigrateOperation"} | CONTAINERS
    assert set(ops.__all__) == others | {operation.__name__ for operation in OPERATIONS.values()}


def test_the_page_lists_it() -> None:
    """With what it has in a batch, and for a reverse."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = [re.split(r"\s*\|\s*", line)[1:4] for line in page.splitlines() if line.startswith("| `")]
    batch = {name.strip("`"): in_batch == "yes" for name, in_batch, _ in rows}
    assert batch == {name: operation.in_batch for name, operation in OPERATIONS.items()}
    assert {name.strip("`") for name, _, reverse in rows if reverse == "none"} == IRREVERSIBLE
    assert {name for _, _, reverse in rows for name in re.findall(r"`(\w+)`", reverse)} <= OPERATIONS.keys()


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_its_parameters_are_described(name: str) -> None:
    plain = getattr(Operations, name)
    for method in (plain, getattr(BatchOperations, name, plain)):
        described = inspect.getdoc(method) or ""
        if f"as for `op.{name}`" in described:
            described += inspect.getdoc(plain) or ""
        parameters = [*inspect.signature(method).parameters][1:]
        assert [
            each for each in parameters if f":param {each}:" not in described and f"``{each}``" not in described
        ] == []


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
    assert GROUPED - {"f"} | END_A_GROUP == set(OPERATIONS)
    assert not GROUPED & END_A_GROUP


def test_every_call_is_checked_for_type_checkers() -> None:
    text = example("typing_ok.py")
    assert {name for name in OPERATIONS if f"    op.{name}(" not in text and f" = op.{name}(" not in text} == set()
    in_batch = {name for name, operation in OPERATIONS.items() if operation.in_batch}
    assert {name for name in in_batch if f"    batch_op.{name}(" not in text} == set()


def test_every_object_is_tested_for_its_call_form_and_its_reverse() -> None:
    text = example("test_operation_objects.py")
    assert {name for name, each in OPERATIONS.items() if f"ops.{each.__name__}(" not in text} <= {"drop_column"}
    assert "ops.DropColumnOp.from_column_and_tablename(" in text


def example(file: str) -> str:
    return (ROOT / "tests" / "operations" / file).read_text(encoding="utf-8")
