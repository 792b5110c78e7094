"""Targets: the databases of a fleet, each with a name, a URL or where its URL is kept, a schema and tags."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, quote_plus

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import URL

Address: TypeAlias = str | Callable[[], str]
"""A URL; ``env:NAME`` or ``file:PATH``, where it is kept; or a function that returns it."""

HIDDEN = "***"
_SHORTEST = 3
"""Characters of a secret that is looked for in texts: a shorter one occurs in any."""
_SECRET_OPTION = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A database of a fleet.

    :param name: its name, which no other target has.
    :param url: its URL, ``env:NAME`` or ``file:PATH`` for one that is kept there, or a function that returns it, which
        worker processes have to be able to import. It is never shown.
    :param schema: the schema that is migrated; None: that of the session.
    :param tags: anything to select targets by; ``server`` says which ones share a server.
    """

    name: str
    url: Address = field(repr=False)
    schema: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def server(self) -> str | None:
        """The server, as ``host:port``; None for a file, and where it is not known without the secret."""
        if "server" in self.tags:
            return self.tags["server"]
        try:
            url = resolved(self)
        except CommandError:
            return None
        return None if url.host is None else url.host if url.port is None else f"{url.host}:{url.port}"

    @property
    def database(self) -> str | None:
        """The database on its server; None where it is not known without the secret."""
        try:
            return f"{self.server or ''}/{resolved(self).database or ''}"
        except CommandError:
            return None


def resolved(target: Target) -> URL:
    """The URL of a target.

    :raises CommandError: where it is not where it is said to be kept, and where it is no URL; the message has no part
        of it.
    """
    from sqlalchemy import make_url

    text = _kept(target)
    try:
        return make_url(text)
    except Exception:  # noqa: BLE001 of several kinds, whose texts may have parts of the URL
        raise CommandError(
            f"What target {target.name} has for a URL cannot be read as one",
            code="target-url",
            hint="it reads dialect+driver://user:password@host/database; in a password write @ as %40, / as %2F",
        ) from None


def _kept(target: Target) -> str:
    """The text of the URL, from where it is kept."""
    address = target.url
    if not isinstance(address, str):
        try:
            return str(address())
        except Exception as error:  # noqa: BLE001 its text may have a secret
            fact = f"the function that has it raised {type(error).__name__}"
    elif address.startswith("env:"):
        found = os.environ.get(address[4:])
        if found:
            return found
        fact = f"the environment variable {address[4:]} is not set"
    elif address.startswith("file:"):
        try:
            with open(address[5:], encoding="utf-8") as file:
                return file.read().strip()
        except (OSError, UnicodeDecodeError) as error:
            fact = f"{address[5:]} cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"
    else:
        return address
    raise CommandError(
        f"The URL of target {target.name} is missing: {fact}",
        code="target-url",
        hint="put it there, or correct `url` of the target",
    )


def without_secrets(text: str, url: URL) -> str:
    """``text`` with the password, and options such as a token, of ``url`` replaced, also where they are encoded."""
    return _secrets(url).sub(HIDDEN, text)


def _secrets(url: URL) -> re.Pattern[str]:
    options = (
        value
        for name, values in url.query.items()
        if _SECRET_OPTION.search(name)
        for value in ([values] if isinstance(values, str) else values)
    )
    plain = {value for value in (url.password, *options) if value and len(value) >= _SHORTEST}
    forms = {form for value in plain for form in (value, quote(value, safe=""), quote_plus(value), repr(value)[1:-1])}
    return re.compile("|".join(sorted(map(re.escape, forms), key=len, reverse=True)) or r"(?!)")


def selected(targets: Iterable[Target], only: Iterable[str] = (), exclude: Iterable[str] = ()) -> Iterator[Target]:
    """The targets that one of ``only`` fits, all without any, and none of ``exclude`` does.

    :param only: patterns as those of file names, for the name of a target (``shop_*``) or for a tag
        (``region=eu-*``).
    """
    wanted, unwanted = tuple(only), tuple(exclude)
    for target in targets:
        if (not wanted or fits(target, wanted)) and not fits(target, unwanted):
            yield target


def fits(target: Target, patterns: Iterable[str]) -> bool:
    """Whether the name or a tag of a target fits one of ``patterns``, as `selected` has them."""
    for pattern in patterns:
        tag, equals, value = pattern.partition("=")
        if fnmatchcase(target.tags.get(tag, "") if equals else target.name, value if equals else pattern):
            return True
    return False
