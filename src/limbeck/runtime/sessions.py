"""Sessions that outlive a run: a worker that brings up schema after schema of a database connects once for many.

Without it each run makes an engine, and connects for its work, for its lock and for its verification. Here an engine is
kept in the process, with what it has learnt of the database and compiled for it, and lent to one worker at a time. Its
sessions are kept as long as it is lent. A session is put back to how it began whenever a run gives it back; where the
database cannot do that, or a listener sets sessions up as they are connected, nothing is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.ddl.impl import DefaultImpl

from .connections import engine_of

if TYPE_CHECKING:
    from typing import Self

    from sqlalchemy import Engine

    from limbeck.config import Config

    Key = tuple[tuple[str, str], ...]
    """The settings that an engine is made from."""

MOST = 32
"""Engines that a process keeps while nobody uses them."""

_guard = threading.Lock()
_free: OrderedDict[int, tuple[Key, Engine]] = OrderedDict()


class Sessions:
    """The engines that are lent to one worker, a context manager; their sessions end with the block."""

    def __init__(self) -> None:
        self._lent: dict[Key, Engine] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        for key, engine in self._lent.items():
            _give_back(key, engine)
        self._lent.clear()

    def engine(self, config: Config) -> Engine:
        """The engine of a configuration, as `engine_of` makes it, with its sessions kept where that is possible.

        :raises CommandError: as `engine_of`.
        """
        section = config.get_section(config.config_ini_section) or {}
        key = tuple(sorted((name, value) for name, value in section.items() if name.startswith("sqlalchemy.")))
        found = self._lent.get(key) or _taken(key)
        if found is None:
            found = engine_of(config)
            reset = DefaultImpl.get_by_dialect(found.dialect).session_reset(found.dialect)
            if reset is None or sqla.has_set_up(found):
                return found
            sqla.keep_sessions(found, reset)
        self._lent[key] = found
        return found

    def end(self) -> None:
        """End the sessions, as after a failure, which may have left one that a cancellation is on its way to."""
        for engine in self._lent.values():
            engine.pool.dispose()


def _taken(key: Key) -> Engine | None:
    """An engine that nobody uses."""
    with _guard:
        number = next((number for number, (other, _) in _free.items() if other == key), None)
        return None if number is None else _free.pop(number)[1]


def _give_back(key: Key, engine: Engine) -> None:
    with _guard:
        _free[id(engine)] = key, engine
        while len(_free) > MOST:
            _free.popitem(last=False)
