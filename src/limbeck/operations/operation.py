"""What every operation is: data that knows its inverse, its diff tuple and its call form."""

from __future__ import annotations

from copy import copy
from dataclasses import KW_ONLY, MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cached_property, wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, dataclass_transform

from .arguments import expect_name, expect_optional_name, name_given
from .call import Call
from .dispatch import Dispatcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from .call import Options

Op = TypeVar("Op", bound="MigrateOperation")
Creation = TypeVar("Creation", bound="MigrateOperation")

OPERATIONS: dict[str, type[MigrateOperation]] = {}
"""The operations of this package by the names of their calls: whatever has to know every one of them takes it here."""

implementations = Dispatcher()
"""How each operation is carried out: function of (operations, operation), by class and dialect name."""


class MigrateOperation:
    """Base of all operations. A subclass of your own is made callable with `Operations.register_operation`."""

    call_name: ClassVar[str] = ""
    """Name of the function of ``op`` that makes such an operation; empty where there is none."""
    in_batch: ClassVar[bool] = False
    """Whether ``batch_op`` has that function too."""
    makes: ClassVar[type | None] = None
    """The class of SQLAlchemy that its keywords are passed on to, if there is one."""
    more_keywords: ClassVar[tuple[str, ...]] = ()
    """Keywords that are neither arguments of its constructor nor of the constructor of `makes`."""

    script_comment: tuple[str, ...] = ()
    """Lines of the comment above the operation in a script."""
    rewritten_by: frozenset[object] = frozenset()
    """The rewriters that have seen the operation already."""

    @cached_property
    def info(self) -> dict[Any, Any]:
        """A dictionary for whatever you want to attach to this operation."""
        return {}

    @cached_property
    def call(self) -> str:
        """The call as messages name it: ``op.add_column``; the name of a class that has none."""
        return f"op.{self.call_name}" if self.call_name else type(self).__name__

    def reverse(self) -> MigrateOperation:
        """The operation that undoes this one.

        :raises NotImplementedError: this kind of operation has none.
        :raises ValueError: it has one, but what was dropped is not known.
        """
        raise NotImplementedError(f"{type(self).__name__} has no reverse operation")

    def to_diff_tuple(self) -> Any:
        """The operation as the tuple that `compare_metadata` and ``check`` show."""
        raise NotImplementedError(f"{type(self).__name__} has no diff tuple")

    def to_call(self, *, batch: bool = False) -> Call:
        """The operation as the call that a script would write.

        :param batch: the form for ``batch_op``, which names neither table nor schema.
        :return: the fields of the operation: those without a default by position, those that differ from it by name,
            options of dialects last.
        :raises NotImplementedError: this class of operation is not built in and defines no call form.
        """
        if not self.call_name or not is_dataclass(self):
            raise NotImplementedError(f"{type(self).__name__} has no call form")
        stated = [each for each in fields(self) if each.init and not each.name.startswith("_")]
        stated = [each for each in stated if not (batch and each.name in {"table_name", "schema"})]
        args = tuple(getattr(self, each.name) for each in stated if not each.kw_only)
        keywords = {each.name: getattr(self, each.name) for each in stated if each.kw_only and _differs(self, each)}
        return Call(self.call_name, args, keywords | (self.kw if isinstance(self, TakesOptions) else {}))

    def call_text(self, *, batch: bool = False) -> str | None:
        """The call as plans and pictures show it; None where the class defines no call form.

        :param batch: as of `to_call`.
        """
        try:
            return str(self.to_call(batch=batch))
        except NotImplementedError:
            return None

    def __repr__(self) -> str:
        call = self.call_text()
        return f"{type(self).__name__}()" if call is None else f"{type(self).__name__}: {call}"


def _differs(operation: MigrateOperation, stated: Field[Any]) -> bool:
    """Whether a field of ``operation`` has another value than its default."""
    value = getattr(operation, stated.name)
    return bool(value) if stated.default is MISSING else value is not stated.default


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def operation(
    call_name: str,
    *,
    in_batch: bool = False,
    init: bool = True,
    makes: type | None = None,
    more_keywords: tuple[str, ...] = (),
) -> Callable[[type[Op]], type[Op]]:
    """Decorator that makes a class one of `OPERATIONS`: a dataclass whose fields are the arguments of its call.

    :param call_name: the function of ``op`` that makes such an operation.
    :param in_batch: whether ``batch_op`` has that function too.
    :param init: False for a subclass of `TakesOptions`, whose constructor takes more than its fields.
    :param makes: the class that is made of its keywords, whose constructor names those that are known.
    :param more_keywords: further known keywords.
    """

    def register(cls: type[Op]) -> type[Op]:
        made = dataclass(eq=False, repr=False)(cls)
        made.call_name = call_name
        made.in_batch = in_batch
        made.makes = makes
        made.more_keywords = more_keywords
        if not init:
            _take_options(made)
        OPERATIONS[call_name] = made
        return made

    return register


class TakesOptions(MigrateOperation):
    """An operation whose constructor takes keyword arguments beside its fields."""

    kw: Options
    """These arguments: options of dialects, by name."""

    if TYPE_CHECKING:

        def __init__(self, *args: Any, **keywords: Any) -> None: ...


def _take_options(cls: type[MigrateOperation]) -> None:
    """Let the constructor of ``cls`` put keyword arguments that are no fields into ``kw``."""
    assign: Callable[..., None] = cls.__init__
    form = signature(assign)

    @wraps(assign)
    def __init__(self: TakesOptions, *args: Any, **keywords: Any) -> None:  # noqa: N807 it becomes one
        self.kw = {name: keywords.pop(name) for name in [*keywords] if name not in form.parameters}
        assign(self, *args, **keywords)

    parameters = [*form.parameters.values(), Parameter("kw", Parameter.VAR_KEYWORD)]
    __init__.__signature__ = form.replace(parameters=parameters)  # type: ignore[attr-defined]
    setattr(cls, "__init__", __init__)  # noqa: B010 type checkers know it by `TakesOptions`


@dataclass(eq=False, repr=False)
class _InSchema(MigrateOperation):
    _: KW_ONLY
    schema: str | None = None

    def in_schema(self, schema: str | None) -> Self:
        """The same operation in ``schema``."""
        if schema == self.schema:
            return self
        moved = copy(self)
        moved.schema = schema
        return moved


@dataclass(eq=False, repr=False)
class AlterTableOp(_InSchema):
    """An operation on one table that exists.

    :param table_name: the table.
    :param schema: its schema; default: the connection's own.
    """

    table_name: str

    def __post_init__(self) -> None:
        self.table_name = name_given(self.call, "table_name", self.table_name)
        expect_optional_name(self.call, "schema", self.schema)


@dataclass(eq=False, repr=False)
class StandaloneOp(_InSchema):
    """An operation on an object that belongs to no table: an enum type, a domain, a sequence.

    :param name: the object.
    :param schema: its schema; default: the connection's own.
    """

    name: str

    def __post_init__(self) -> None:
        expect_name(self.call, "name", self.name)
        expect_optional_name(self.call, "schema", self.schema)


@dataclass(eq=False, repr=False)
class DropOp(MigrateOperation, Generic[Creation]):
    """An operation that drops something, and can create it again where it was made from the thing itself."""

    _: KW_ONLY
    _reverse: Creation | None = None

    @property
    def creation(self) -> Creation | None:
        """The operation that creates what this one drops; None where it is not known."""
        return self._reverse

    @creation.setter
    def creation(self, creation: Creation | None) -> None:
        self._reverse = creation
