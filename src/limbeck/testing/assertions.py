"""Assertions: SQLAlchemy's own, and those about warnings that are not SQLAlchemy's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import default
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import SADeprecationWarning
from sqlalchemy.testing.assertions import _expect_warnings
from sqlalchemy.testing.assertions import assert_raises as assert_raises
from sqlalchemy.testing.assertions import assert_raises_context_ok as assert_raises_context_ok
from sqlalchemy.testing.assertions import assert_raises_message as assert_raises_message
from sqlalchemy.testing.assertions import assert_raises_message_context_ok as assert_raises_message_context_ok
from sqlalchemy.testing.assertions import eq_ as eq_
from sqlalchemy.testing.assertions import eq_ignore_whitespace as eq_ignore_whitespace
from sqlalchemy.testing.assertions import expect_raises as expect_raises
from sqlalchemy.testing.assertions import expect_raises_message as _expect_raises_message
from sqlalchemy.testing.assertions import in_ as in_
from sqlalchemy.testing.assertions import is_ as is_
from sqlalchemy.testing.assertions import is_false as is_false
from sqlalchemy.testing.assertions import is_not_ as is_not_
from sqlalchemy.testing.assertions import is_true as is_true
from sqlalchemy.testing.assertions import ne_ as ne_
from sqlalchemy.util import decorator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_dialect_mods: dict[Any, Any] = {}
"""Modules of dialects by name; a package puts its own in, with a function ``dialect()``."""


def _get_dialect(name: str | None) -> Any:
    """The dialect ``name``; None and ``default`` are that of no database."""
    if name is None or name == "default":
        return default.DefaultDialect()
    found = _dialect_mods.get(name)
    if found is not None:
        return found.dialect()
    dialect = URL.create(name).get_dialect()()
    if dialect.default_schema_name is None:  # a connection would say it; SQL Server's is dbo
        dialect.default_schema_name = getattr(dialect, "schema_name", None)
    return dialect


@contextmanager
def expect_raises_message(
    except_cls: Any, msg: str, check_context: bool = True, text_exact: bool = False
) -> Iterator[Any]:
    """Expect an exception whose text matches a regular expression.

    :param except_cls: its class. :param msg: the expression; with ``text_exact`` the whole text.
    :param check_context: it must not hide another one.
    """
    pattern = "" if text_exact else msg
    with _expect_raises_message(except_cls, pattern, check_context=check_context) as found:
        yield found
    if text_exact:
        eq_(str(found.error), msg)


def expect_warnings(*messages: str, **kw: Any) -> Any:
    """Expect warnings of any class, each by a regular expression; without one, any number of any text.

    :param kw: as SQLAlchemy's ``expect_warnings`` takes, as ``regex=False`` and ``assert_=False``.
    """
    return _expect_warnings(Warning, messages, **kw)


def expect_deprecated(*messages: str, **kw: Any) -> Any:
    """Expect warnings of the class `DeprecationWarning`."""
    return _expect_warnings(DeprecationWarning, messages, **kw)


def expect_sqlalchemy_deprecated(*messages: str, **kw: Any) -> Any:
    """Expect deprecation warnings of SQLAlchemy."""
    return _expect_warnings(SADeprecationWarning, messages, **kw)


def emits_python_deprecation_warning(*messages: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a test warn of deprecation in these words."""

    @decorator
    def decorate(fn: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        with _expect_warnings(DeprecationWarning, messages, assert_=False):
            return fn(*args, **kw)

    return decorate
