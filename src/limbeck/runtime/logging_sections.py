"""The logging sections of an ini file, applied to our own and SQLAlchemy's loggers only (behaviour 2.2, failure R17)."""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limbeck.config import Config

OURS = ("alembic", "limbeck", "sqlalchemy")


def apply(config: Config) -> None:
    """Apply the sections ``[loggers]``, ``[handlers]`` and ``[formatters]`` of ``config``; without them do nothing."""
    if not config.file_config.has_section("loggers"):
        return
    logging.config.dictConfig(as_dict(config, with_handlers=not logging.getLogger().handlers))


def as_dict(config: Config, *, with_handlers: bool) -> dict[str, Any]:
    """The sections as ``logging.config.dictConfig`` takes them, reduced to `OURS`.

    A logger without handlers of its own gets the root logger's, since that logger is not configured.
    """
    loggers: dict[str, Any] = {}
    for key in _keys(config, "loggers"):
        section = _section(config, f"logger_{key}")
        name = section.get("qualname", "")
        if name.partition(".")[0] in OURS:
            handlers = _split(section.get("handlers", "")) or _split(_section(config, "logger_root").get("handlers", ""))
            loggers[name] = {
                "level": section.get("level", "NOTSET"),
                "handlers": handlers if with_handlers else [],
                "propagate": section.get("propagate", "1") != "0",
            }
    used = {handler for logger in loggers.values() for handler in logger["handlers"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {key: _formatter(_section(config, f"formatter_{key}")) for key in _keys(config, "formatters")},
        "handlers": {key: _handler(_section(config, f"handler_{key}")) for key in _keys(config, "handlers") if key in used},
        "loggers": loggers,
    }


def _keys(config: Config, section: str) -> list[str]:
    return _split(_section(config, section).get("keys", ""))


def _section(config: Config, name: str) -> dict[str, str]:
    return dict(config.file_config.items(name, raw=True)) if config.file_config.has_section(name) else {}


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _formatter(section: dict[str, str]) -> dict[str, Any]:
    return {"format": section.get("format"), "datefmt": section.get("datefmt"), "style": section.get("style", "%")}


def _handler(section: dict[str, str]) -> dict[str, Any]:
    # Python evaluates class, args and kwargs of an ini's handlers within the logging module; so do we, since the same
    # files are read by both.
    names = {**vars(logging), "sys": sys, "logging": logging}
    kind = section.get("class", "StreamHandler")
    handler = {
        "()": lambda: _evaluate(kind, names)(
            *_evaluate(section.get("args", "()"), names), **_evaluate(section.get("kwargs", "{}"), names)
        ),
        "level": section.get("level", "NOTSET"),
    }
    if section.get("formatter"):
        handler["formatter"] = section["formatter"]
    return handler


def _evaluate(text: str, names: dict[str, Any]) -> Any:
    return eval(text, names)  # noqa: S307 as logging.config.fileConfig does, on the same trusted file
