"""Names and their prefixes in rendered text, and what ``render_item`` renders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.elements import conv, quoted_name

if TYPE_CHECKING:
    from ..context import AutogenContext


def _alembic_autogenerate_prefix(autogen_context: AutogenContext) -> str:
    """The prefix of operations: ``op.``, in a batch ``batch_op.``."""
    if autogen_context.has_batch:
        return "batch_op."
    return autogen_context.opts["alembic_module_prefix"] or ""


def _sqlalchemy_autogenerate_prefix(autogen_context: AutogenContext) -> str:
    """The prefix of names of SQLAlchemy: ``sa.``."""
    return autogen_context.opts["sqlalchemy_module_prefix"] or ""


def _user_autogenerate_prefix(autogen_context: AutogenContext, target: Any) -> str:
    """The prefix of a user's class: ``user_module_prefix``, else its module, which is then imported."""
    prefix: str | None = autogen_context.opts["user_module_prefix"]
    if prefix is not None:
        return prefix
    module = type(target).__module__
    if module not in ("builtins", "__main__"):
        autogen_context.imports.add(f"import {module}")
    return f"{module}."


def _user_defined_render(type_: str, object_: Any, autogen_context: AutogenContext) -> Any:
    """What the option ``render_item`` makes of an object; False where it leaves the object to Limbeck."""
    render = autogen_context.opts.get("render_item")
    return render(type_, object_, autogen_context) if render else False


def _ident(name: Any) -> str | None:
    """A `quoted_name` as a plain string; strings of other classes stay, since a hook may want their repr."""
    return str(name) if isinstance(name, quoted_name) else name


@dataclass(frozen=True, repr=False)
class _f_name:  # noqa: N801 what Alembic calls it
    """A name that no naming convention is to be applied to: its ``repr`` is ``op.f('...')``.

    :param prefix: the prefix of operations. :param name: the name.
    """

    prefix: str
    name: str

    def __repr__(self) -> str:
        return f"{self.prefix}f({_ident(self.name)!r})"


def _render_gen_name(autogen_context: AutogenContext, name: Any) -> str:
    """A name as text; one that no naming convention is to be applied to in ``op.f()``."""
    if isinstance(name, conv):
        return repr(_f_name(_alembic_autogenerate_prefix(autogen_context), name))
    return repr(_ident(name))


def _arguments(autogen_context: AutogenContext, required: str, options: list[str]) -> str:
    """Arguments as text; without an edition with the comma that Alembic writes where there are no options."""
    if not options and autogen_context.opts.get("edition") is None:
        return f"{required}, "
    return ", ".join([required, *options])
