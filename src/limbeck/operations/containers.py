"""Lists of operations: on one table, of an upgrade, of a downgrade, of a revision script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .operation import MigrateOperation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class OpContainer(MigrateOperation):
    """Operations in their order.

    :param ops: the operations; containers among them.
    """

    def __init__(self, ops: Sequence[MigrateOperation] = ()) -> None:
        self.ops: list[MigrateOperation] = list(ops)

    def is_empty(self) -> bool:
        """Whether it has no operations."""
        return not self.ops

    def as_diffs(self) -> list[Any]:
        """The diff tuples of all operations, those in nested containers included."""
        return list(self._diffs())

    def _diffs(self) -> Iterator[Any]:
        for operation in self.ops:
            if isinstance(operation, OpContainer):
                yield from operation.as_diffs()
            else:
                yield operation.to_diff_tuple()

    def _reversed(self) -> list[MigrateOperation]:
        return [operation.reverse() for operation in reversed(self.ops)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.ops!r})"


class ModifyTableOps(OpContainer):
    """Operations on one table.

    :param table_name: the table.
    :param ops: the operations.
    :param schema: its schema.
    """

    def __init__(self, table_name: str, ops: Sequence[MigrateOperation], *, schema: str | None = None) -> None:
        super().__init__(ops)
        self.table_name = table_name
        self.schema = schema

    def reverse(self) -> ModifyTableOps:
        """The inverse operations, last one first."""
        return ModifyTableOps(self.table_name, self._reversed(), schema=self.schema)


def each_of(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    """Operations one by one, those on one table taken out of their containers."""
    for operation in operations:
        if isinstance(operation, ModifyTableOps):
            yield from operation.ops
        else:
            yield operation


class UpgradeOps(OpContainer):
    """Operations of an ``upgrade()``.

    :param ops: the operations.
    :param upgrade_token: the variable of the script template that they are rendered into.
    """

    def __init__(self, ops: Sequence[MigrateOperation] = (), upgrade_token: str = "upgrades") -> None:  # noqa: S107 a name in a template
        super().__init__(ops)
        self.upgrade_token = upgrade_token

    def reverse(self) -> DowngradeOps:
        """The inverse operations, last one first."""
        return self.reverse_into(DowngradeOps([]))

    def reverse_into(self, downgrade_ops: DowngradeOps) -> DowngradeOps:
        """Replace the operations of ``downgrade_ops`` by the inverse ones; returns it."""
        downgrade_ops.ops[:] = self._reversed()
        return downgrade_ops


class DowngradeOps(OpContainer):
    """Operations of a ``downgrade()``.

    :param ops: the operations.
    :param downgrade_token: the variable of the script template that they are rendered into.
    """

    def __init__(self, ops: Sequence[MigrateOperation] = (), downgrade_token: str = "downgrades") -> None:  # noqa: S107 a name in a template
        super().__init__(ops)
        self.downgrade_token = downgrade_token

    def reverse(self) -> UpgradeOps:
        """The inverse operations, last one first."""
        return UpgradeOps(self._reversed())


class MigrationScript(MigrateOperation):
    """A revision script to be written.

    :param rev_id: its revision id; None: a new one.
    :param upgrade_ops: its `UpgradeOps`, or a list of them for several databases.
    :param downgrade_ops: its `DowngradeOps`, likewise.
    :param message: its message.
    :param imports: import statements to be written at its top.
    :param head: the head that it is based on; likewise ``splice``, ``branch_label``, ``version_path``, ``depends_on``
        as for the ``revision`` command.
    """

    def __init__(
        self,
        rev_id: str | None,
        upgrade_ops: UpgradeOps | list[UpgradeOps],
        downgrade_ops: DowngradeOps | list[DowngradeOps],
        *,
        message: str | None = None,
        imports: set[str] | None = None,
        head: str | None = None,
        splice: bool | None = None,
        branch_label: str | Sequence[str] | None = None,
        version_path: str | None = None,
        depends_on: str | Sequence[str] | None = None,
    ) -> None:
        self.rev_id, self.message = rev_id, message
        self.upgrade_ops, self.downgrade_ops = upgrade_ops, downgrade_ops
        self.imports: set[str] = set() if imports is None else imports
        # where it goes: as the options of the ``revision`` command
        self.head, self.splice, self.depends_on = head, splice, depends_on
        self.branch_label, self.version_path = branch_label, version_path

    @property
    def upgrade_ops(self) -> UpgradeOps | None:
        """The only `UpgradeOps`; None where there is none.

        :raises ValueError: there are several.
        """
        ops: UpgradeOps | None = _only(self._upgrade_ops, "upgrade_ops")
        return ops

    @upgrade_ops.setter
    def upgrade_ops(self, upgrade_ops: UpgradeOps | list[UpgradeOps]) -> None:
        self._upgrade_ops = _all_of(upgrade_ops, UpgradeOps, "upgrade_ops")

    @property
    def downgrade_ops(self) -> DowngradeOps | None:
        """The only `DowngradeOps`; None where there is none.

        :raises ValueError: there are several.
        """
        ops: DowngradeOps | None = _only(self._downgrade_ops, "downgrade_ops")
        return ops

    @downgrade_ops.setter
    def downgrade_ops(self, downgrade_ops: DowngradeOps | list[DowngradeOps]) -> None:
        self._downgrade_ops = _all_of(downgrade_ops, DowngradeOps, "downgrade_ops")

    @property
    def upgrade_ops_list(self) -> list[UpgradeOps]:
        """All `UpgradeOps`."""
        return self._upgrade_ops

    @property
    def downgrade_ops_list(self) -> list[DowngradeOps]:
        """All `DowngradeOps`."""
        return self._downgrade_ops


def _only(ops: list[Any], name: str) -> Any:
    if len(ops) > 1:
        raise ValueError(
            f"This MigrationScript instance has a multiple-entry list for {name}; please use the {name}_list attribute."
        )
    return ops[0] if ops else None


def _all_of(ops: Any, kind: type, name: str) -> list[Any]:
    listed = list(ops) if isinstance(ops, list | tuple) else [ops]
    for each in listed:
        if not isinstance(each, kind):
            raise TypeError(f"{name} is {kind.__name__} or a list of them, not {type(each).__name__}")
    return listed
