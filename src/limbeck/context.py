"""The module that env.py imports: the methods of the current EnvironmentContext as functions, and `run`.

``config`` and ``script`` are attributes of this module while an environment is at work.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from . import _current
from .environment import EnvironmentContext as EnvironmentContext
from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

    from .config import Config
    from .script import ScriptDirectory

    config: Config
    script: ScriptDirectory
    _environment = cast("EnvironmentContext", None)
    begin_transaction = _environment.begin_transaction
    configure = _environment.configure
    execute = _environment.execute
    get_bind = _environment.get_bind
    get_context = _environment.get_context
    get_head_revision = _environment.get_head_revision
    get_head_revisions = _environment.get_head_revisions
    get_impl = _environment.get_impl
    get_revision_argument = _environment.get_revision_argument
    get_starting_revision_argument = _environment.get_starting_revision_argument
    get_tag_argument = _environment.get_tag_argument
    get_x_argument = _environment.get_x_argument
    is_offline_mode = _environment.is_offline_mode
    is_transactional_ddl = _environment.is_transactional_ddl
    requires_connection = _environment.requires_connection
    run_migrations = _environment.run_migrations
    static_output = _environment.static_output
else:

    def _forward(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(*args: Any, **kw: Any) -> Any:
            return getattr(globals().get("_proxy") or _current.environment.get(name), name)(*args, **kw)

        del call.__wrapped__
        return call

    for _name, _method in vars(EnvironmentContext).items():
        if not _name.startswith("_"):
            globals()[_name] = _forward(_name, _method)

    def __getattr__(name: str) -> Any:
        found = _current.environment.find() if name in ("config", "script", "_proxy") else None
        if found is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r} outside a run of env.py")
        return found if name == "_proxy" else getattr(found, name)


def run(
    target_metadata: MetaData | Sequence[MetaData] | None = None,
    *,
    connectable: Connection | Engine | AsyncEngine | None = None,
    **configure: Any,
) -> None:
    """Run what the command asks for: offline, online, or through an asyncio driver.

    :param target_metadata: the models, for autogenerate: one MetaData, several, or None.
    :param connectable: a connection, an engine or an asyncio engine; default: the connection in
        ``config.attributes["connection"]``, else an engine made from the ``sqlalchemy.*`` keys of the configuration.
    :param configure: options of ``EnvironmentContext.configure()``.

    Raises `CommandError` where the configuration names no database.
    """
    environment: EnvironmentContext = _current.environment.get("run")
    configure["target_metadata"] = target_metadata
    if environment.is_offline_mode():
        url = _url(environment) if connectable is None else connectable.engine.url
        configure = {"literal_binds": True, "dialect_opts": {"paramstyle": "named"}, **configure}
        _run_configured(environment, url=url, **configure)
        return
    from .runtime import connections as connecting

    if connectable is None:
        connectable = environment.config.attributes.get("connection")
    if connectable is None:
        _url(environment)
        pinned, config = environment.pinned, environment.config
        connectable = connecting.engine_of(config) if pinned is None else pinned.engine(config)
    connecting.run_on(connectable, lambda connection: _run_configured(environment, connection=connection, **configure))


def _run_configured(environment: EnvironmentContext, **configure: Any) -> None:
    environment.configure(**configure)
    with environment.begin_transaction():
        environment.run_migrations()


def _url(environment: EnvironmentContext) -> str:
    settings = environment.config
    url = (settings.get_section(settings.config_ini_section) or {}).get("sqlalchemy.url")
    what, where = settings.place_of_url()
    if not url:
        raise CommandError(
            f"No 'sqlalchemy.url' in section [{settings.config_ini_section}]",
            code="no-url",
            file=where,
            hint="set it there, or in the environment variable LIMBECK_URL",
        )
    if url.startswith("driver://"):
        raise CommandError(
            f"{what} is still the placeholder {url}",
            code="no-url",
            file=where,
            hint="write the URL of your database there, or set the environment variable LIMBECK_URL",
        )
    return url


def log_as_configured() -> None:
    """Set levels and handlers of this tool's and SQLAlchemy's loggers by the logging sections of the configuration.

    Other loggers and the root logger are not touched. Where the root logger has handlers the application logs already,
    and only levels are set.
    """
    from .runtime.logging_sections import apply

    apply(_current.environment.get("log_as_configured").config)
