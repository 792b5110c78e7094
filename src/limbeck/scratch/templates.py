"""Databases that the history has made once, and that are copied wherever one like them is wanted."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from . import places
from .copies import Copies, copies, led_to
from .names import new_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import URL, Connection

    from limbeck.databases import Environment
    from limbeck.ddl.scratch_databases import ScratchPlace


class Template(NamedTuple):
    """Databases that the history has made; any process that knows this can copy and drop them.

    :param names: their names, in the order of env.py; none where databases cannot be copied.
    :param folder: where they are if they are files.
    """

    names: tuple[str, ...]
    folder: str


class Templates:
    """Makes templates of the databases of an environment, and copies of these.

    :param environment: the environment; its databases are only read.
    :param bring: is called with an environment of empty databases, and brings them to where copies shall be.
    :param process: the process that the templates live as long as; default: this one. A copy ends with its block.
    """

    def __init__(
        self, environment: Environment, bring: Callable[[Environment], object], process: int | None = None
    ) -> None:
        self._environment = environment
        self._bring = bring
        self._process = process
        self._real = places.look(environment)

    @property
    def urls(self) -> tuple[URL, ...]:
        """The databases of the environment."""
        return tuple(database.engine.url for database in self._real)

    def make(self, folder: str) -> Template:
        """Run the history on new databases.

        :param folder: where they are put if they are files; it is not deleted with them.
        :raises CommandError: as `copies`.
        """
        with ExitStack() as stack:
            made: list[ScratchPlace] = []
            for database in self._real:
                create = partial(database.makes.create_template, name=new_name(self._process), folder=folder)
                place = places.made(database, create)
                if place is None:
                    return Template((), folder)
                stack.callback(places.drop, database, place)
                made.append(place)
            with led_to(self._environment, self._real, made) as twin:
                self._bring(twin)
            for database, place in zip(self._real, made, strict=True):
                places.beside(database, partial(database.makes.finish_template, place=place))
            stack.pop_all()
        return Template(tuple(place.name for place in made), folder)

    @contextmanager
    def copy(self, template: Template) -> Iterator[Copies]:
        """The same environment, whose databases are copies of templates for the length of a block.

        Where databases cannot be copied the history is run again.
        """
        if not template.names:
            with copies(self._environment, at="base") as twin:
                self._bring(twin)
                yield twin
            return
        with ExitStack() as stack:
            made: list[ScratchPlace] = []
            for database, name in zip(self._real, template.names, strict=True):
                place = _copied(database, name, template.folder)
                stack.callback(places.drop, database, place)
                made.append(place)
            yield stack.enter_context(led_to(self._environment, self._real, made))

    def drop(self, template: Template) -> None:
        """Drop the databases of a template; those that are files end with their folder."""
        for database, name in zip(self._real, template.names, strict=False):
            statements = database.makes.drops(name)
            if statements:
                places.beside(database, partial(places.execute, statements=statements))


def _copied(database: places.Real, template: str, folder: str) -> ScratchPlace:
    found: list[ScratchPlace] = []

    def copy(connection: Connection) -> None:
        found.append(database.makes.copy(connection, template, new_name(), folder))

    places.beside(database, copy)
    return found[0]
