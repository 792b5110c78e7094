"""The logging sections of an ini file, for our own and SQLAlchemy's loggers only (behaviour 2.2, failure R17)."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limbeck.config import Config

OURS = ("alembic", "limbeck", "sqlalchemy")


def apply(config: Config) -> None:
    """Apply the sections ``[loggers]``, ``[handlers]`` and ``[formatters]`` of ``config``; without them do nothing.

    A logger without handlers of its own gets the root logger's, since that logger is not configured. Where the root
    logger has handlers, an application logs already, and only levels are set.
    """
    if not config.file_config.has_section("loggers"):
        return
    made: dict[str, logging.Handler] = {}
    ours_to_handle = not logging.getLogger().handlers
    for key in _keys(config, "loggers"):
        section = _section(config, f"logger_{key}")
        name = section.get("qualname", "")
        if name.partition(".")[0] not in OURS:
            continue
        logger = logging.getLogger(name)
        logger.setLevel(section.get("level", "NOTSET"))
        logger.propagate = section.get("propagate", "1") != "0"
        wanted = _split(section.get("handlers", "")) or _split(_section(config, "logger_root").get("handlers", ""))
        if ours_to_handle:
            logger.handlers = [made.setdefault(name, _handler(config, name)) for name in wanted]


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
    # Python evaluates class, args and kwargs of an ini's handlers within the logging module; so do we, since the same
    # files are read by both.
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
    return eval(text, names)  # noqa: S307 as logging.config.fileConfig does, on the same trusted file
