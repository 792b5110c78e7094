"""Names and prefixes in rendered text, and what the user renders himself (behaviour 7.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.elements import conv, quoted_name

if TYPE_CHECKING:
    from ..context import AutogenContext


def _alembic_autogenerate_prefix(autogen_context: AutogenContext) -> str:
    """What operations begin with: ``op.``, in a batch ``batch_op.``."""
    if autogen_context._has_batch:
        return "batch_op."
    return autogen_context.opts["alembic_module_prefix"] or ""


def _sqlalchemy_autogenerate_prefix(autogen_context: AutogenContext) -> str:
    """What names of SQLAlchemy begin with: ``sa.``."""
    return autogen_context.opts["sqlalchemy_module_prefix"] or ""


def _user_autogenerate_prefix(autogen_context: AutogenContext, target: Any) -> str:
    """What the name of a user's class begins with: ``user_module_prefix``, else its module, which is then imported."""
    prefix: str | None = autogen_context.opts["user_module_prefix"]
    if prefix is not None:
        return prefix
    module = type(target).__module__
    if module not in ("builtins", "__main__"):
        autogen_context.imports.add(f"import {module}")
    return f"{module}."


def _user_defined_render(type_: str, object_: Any, autogen_context: AutogenContext) -> Any:
    """What the option ``render_item`` makes of an object; False where it leaves it to us."""
    render = autogen_context.opts.get("render_item")
    return render(type_, object_, autogen_context) if render else False


def _ident(name: Any) -> str | None:
    """A name as a plain string; a string of another kind stays itself, since its repr may be what a hook wants."""
    return str(name) if isinstance(name, quoted_name) else name


def _render_gen_name(autogen_context: AutogenContext, name: Any) -> str:
    """A name as text; a final one, to which no naming convention applies, in ``op.f()``."""
    if isinstance(name, conv):
        return f"{_alembic_autogenerate_prefix(autogen_context)}f({_ident(name)!r})"
    return repr(_ident(name))
