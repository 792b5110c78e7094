"""The logging sections of an ini file, applied to this tool's and SQLAlchemy's loggers only.

``logging.config.fileConfig`` would reconfigure the root logger, and disable the loggers of an application that calls a
command.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import warnings
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

from limbeck import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.config import Config

_LOGGERS = ("alembic", "limbeck", "sqlalchemy")


def apply(config: Config) -> None:
    """Apply the sections ``[loggers]``, ``[handlers]`` and ``[formatters]`` of ``config``, if it has them.

    A logger without handlers gets those of the root logger, which itself is not configured. Where the root logger has
    handlers the application logs already, and only levels are set.
    """
    if not config.file_config.has_section("loggers"):
        return
    made: dict[str, logging.Handler] = {}
    sets_handlers = not logging.getLogger().handlers
    for key in _keys(config, "loggers"):
        section = _section(config, f"logger_{key}")
        name = section.get("qualname", "")
        if name.partition(".")[0] not in _LOGGERS:
            continue
        logger = logging.getLogger(name)
        logger.setLevel(section.get("level", "NOTSET"))
        logger.propagate = section.get("propagate", "1") != "0"
        wanted = _split(section.get("handlers", "")) or _split(_section(config, "logger_root").get("handlers", ""))
        if sets_handlers:
            logger.handlers = [made.setdefault(name, _handler(config, name)) for name in wanted]


@contextmanager
def silenced(logger: logging.Logger) -> Iterator[None]:
    """A block in which ``logger`` passes nothing below a warning, even where env.py configures it anew meanwhile."""

    def is_warning(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING

    logger.addFilter(is_warning)
    try:
        yield
    finally:
        logger.removeFilter(is_warning)


@contextmanager
def silent(logger: logging.Logger) -> Iterator[None]:
    """A block whose work is nobody's to hear of: nothing is printed or warned of, and ``logger`` is silenced."""
    with silenced(logger), redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class _Quiet:
    """How many blocks are at work, in any thread, without information; and the level of before the first of them."""

    guard = threading.Lock()
    blocks = 0
    before = 0


@contextmanager
def without_information() -> Iterator[None]:
    """A block in which no logger passes anything below a warning: comparisons, too, say what they detect."""
    with _Quiet.guard:
        if not _Quiet.blocks:
            _Quiet.before = logging.root.manager.disable
            logging.disable(max(_Quiet.before, logging.INFO))
        _Quiet.blocks += 1
    try:
        yield
    finally:
        with _Quiet.guard:
            _Quiet.blocks -= 1
            if not _Quiet.blocks:
                logging.disable(_Quiet.before)


def only_warnings() -> None:
    """Have this tool's loggers pass nothing below a warning, whatever env.py has set them to: ``--quiet``."""
    for name in ("alembic", "limbeck"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.getEffectiveLevel(), logging.WARNING))


def speak_plainly() -> None:
    """Have handlers that write to a terminal write records of this tool as their text alone.

    What the command line says otherwise, as that a step runs, they leave out.
    """
    for name in (None, "alembic", "limbeck", "alembic.runtime.migration"):
        for handler in logging.getLogger(name).handlers:
            is_read = isinstance(handler, logging.StreamHandler) and console.is_terminal(handler.stream)
            if is_read and not isinstance(handler.formatter, _PlainFormatter):
                handler.setFormatter(_PlainFormatter(handler.formatter))
                handler.addFilter(_is_news)


_SAID_OTHERWISE = re.compile(
    r"Context impl %s\.|Generating static SQL|Will assume %s DDL\.|Running %s|Waiting for the run lock|Detected "
    r"|setting up autogenerate plugin"
)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in ("alembic", "limbeck")


def _is_news(record: logging.LogRecord) -> bool:
    return not (_is_ours(record) and record.levelno == logging.INFO and _SAID_OTHERWISE.match(str(record.msg)))


class _PlainFormatter(logging.Formatter):
    """The text of a record of this tool; other records as ``other`` has them.

    :param other: the formatter of before.
    """

    def __init__(self, other: logging.Formatter | None) -> None:
        super().__init__()
        self._other = other or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record."""
        if not _is_ours(record) or record.exc_info or record.levelno < logging.INFO:
            return self._other.format(record)
        text = record.getMessage()
        return text if record.levelno == logging.INFO else f"{record.levelname.lower()}: {text}"


def _keys(config: Config, section: str) -> list[str]:
    return _split(_section(config, section).get("keys", ""))


def _section(config: Config, name: str) -> dict[str, str]:
    return dict(config.file_config.items(name, raw=True)) if config.file_config.has_section(name) else {}


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _formatter(section: dict[str, str]) -> logging.Formatter:
    style: Any = section.get("style", "%")
    return logging.Formatter(section.get("format"), section.get("datefmt"), style)


def _handler(config: Config, key: str) -> logging.Handler:
    # as `fileConfig` does, which reads the same files: class, args and kwargs are expressions within `logging`
    section = _section(config, f"handler_{key}")
    names = {**vars(logging), "sys": sys, "logging": logging}
    kind = section.get("class", "StreamHandler")
    if kind.startswith("handlers."):
        from logging import handlers

        names["handlers"] = handlers
    arguments = _evaluate(section.get("args", "()"), names), _evaluate(section.get("kwargs", "{}"), names)
    handler: logging.Handler = _evaluate(kind, names)(*arguments[0], **arguments[1])
    handler.setLevel(section.get("level", "NOTSET"))
    if section.get("formatter"):
        handler.setFormatter(_formatter(_section(config, f"formatter_{section['formatter']}")))
    return handler


def _evaluate(text: str, names: dict[str, Any]) -> Any:
    return eval(text, names)  # noqa: S307 on a file that is as trusted as env.py
