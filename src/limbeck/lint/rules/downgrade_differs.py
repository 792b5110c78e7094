"""A downgrade that does not undo what the upgrade does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck.lint.changes import (
    AddColumn,
    AddConstraint,
    ChangeType,
    CreateIndex,
    CreateTable,
    CreateView,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    DropView,
    RenameColumn,
    RenameTable,
    Unread,
)
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.script.way_back import way_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from limbeck.lint.changes import Change
    from limbeck.lint.step import Step


class Item(NamedTuple):
    """Something that a database has: a table, a column, an index or a constraint, a type of a column.

    :param kind: what it is. :param table: its table, by the name before the revision. :param name: its own.
    """

    kind: str
    table: str
    name: str

    def __str__(self) -> str:
        match self.kind:
            case "table":
                return f"the table {self.table}"
            case "column":
                return f"the column {self.table}.{self.name}"
            case "type":
                return f"the type of {self.table}.{self.name}"
            case _:
                return f"{self.name}" + (f" of {self.table}" if self.table else "")


class Ledger:
    """What changes have made and taken away so far, each taken out again when it is undone."""

    def __init__(self) -> None:
        self.made: dict[Item, frozenset[str]] = {}
        self.gone: set[Item] = set()
        self._names: dict[str, str] = {}

    def enter(self, changes: Iterable[Change]) -> None:
        """Follow changes in order."""
        for change in changes:
            self._enter(change, self._names.get(change.table, change.table))

    @property
    def renamed(self) -> set[str]:
        """The tables that have another name than before."""
        return {old for new, old in self._names.items() if new != old}

    def _enter(self, change: Change, table: str) -> None:
        match change:
            case RenameTable():
                self._names.pop(change.table, None)
                self._names[change.new] = table
            case CreateTable() | CreateView(replaces=False):
                self._make(Item("table", table, ""))
                self.gone -= {item for item in self.gone if item.table == table}
            case DropTable() | DropView():
                self._take(Item("table", table, ""))
                self._forget(lambda item, _: item.table == table)
            case AddColumn():
                self._make(Item("column", table, change.column.name))
                self.gone -= {item for item in self.gone if item.table == table and item.kind == "key"}
            case DropColumn():
                self._take(Item("column", table, change.column))
                self._forget(lambda item, columns: item.table == table and change.column in {item.name, *columns})
            case RenameColumn():
                self._take(Item("column", table, change.column))
                self._make(Item("column", table, change.new))
            case CreateIndex(name=str(name)) | AddConstraint(name=str(name)):
                self._make(Item("key", table, name), frozenset(change.columns))
            case DropIndex(name=name) | DropConstraint(name=str(name)):
                known = next(
                    (item for item in (*self.made, *self.gone) if item.kind == "key" and item.name == name), None
                )
                self._take(known or Item("key", table, name))
            case ChangeType():
                self._turn(Item("type", table, change.column))
            case _:
                pass

    def _make(self, item: Item, columns: frozenset[str] = frozenset()) -> None:
        if item in self.gone:
            self.gone.remove(item)
        else:
            self.made[item] = columns

    def _take(self, item: Item) -> None:
        if item in self.made:
            del self.made[item]
        else:
            self.gone.add(item)

    def _turn(self, item: Item) -> None:
        if item in self.made:
            del self.made[item]
        elif Item("column", item.table, item.name) not in self.made:
            self.made[item] = frozenset({item.name})

    def _forget(self, belongs: Callable[[Item, frozenset[str]], bool]) -> None:
        """Leave out what went with something else."""
        self.made = {item: columns for item, columns in self.made.items() if not belongs(item, columns)}


def check(step: Step) -> Iterator[Found]:
    """Revisions whose downgrade leaves something behind, or does not bring something back."""
    back = step.back
    if back is None or back.raised or back.unknown or step.rehearsed.unknown:
        return
    changes, undone = [placed.change for placed in step.changes], step.changes_back()
    if any(isinstance(change, Unread) for change in (*changes, *undone)):
        return
    ledger = Ledger()
    ledger.enter(changes)
    made, gone = set(ledger.made), set(ledger.gone)
    ledger.enter(undone)
    left = [str(item) for item in ledger.made if item in made]
    lost = sorted(str(item) for item in ledger.gone & gone)
    renamed = [f"the name of {table}" for table in sorted(ledger.renamed)]
    if left or lost or renamed:
        facts = [f"leaves {', '.join(left + renamed)} as upgrade() has made it"] if left or renamed else []
        facts += [f"does not bring back {', '.join(lost)}"] if lost else []
        message = (
            f"downgrade() {' and '.join(facts)}: the next upgrade then fails, or a release of before finds another "
            "schema than its own"
        )
        yield Found(None, message, line=way_back(step.script.module).line)


RULE = Rule(
    "downgrade-differs",
    "warning",
    "A downgrade is written by hand, seldom read and run in an emergency. Both functions are rehearsed, and tables, "
    "views, columns, types, indexes and constraints that one makes have to be dropped by the other. What a downgrade "
    "decides by rows, or by SQL that is not understood, is left out.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            (
                'op.add_column("account", sa.Column("city", sa.Text))\n'
                'op.add_column("account", sa.Column("state", sa.Text))'
            ),
        ),
        near=('op.add_column("account", sa.Column("city", sa.Text))',),
        back='op.drop_column("account", "city")',
    ),
)
