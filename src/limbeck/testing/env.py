"""Environments for tests: folders, configurations and revision files below a folder of the test's own."""

from __future__ import annotations

import contextlib
import os
import py_compile
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import make_url
from sqlalchemy.testing import provision

from limbeck import command
from limbeck.alembic_names import install
from limbeck.config import Config
from limbeck.script import Script, ScriptDirectory
from limbeck.script.load import load_script
from limbeck.script.write import rev_id as new_id

from .parametrize import testing_engine

if TYPE_CHECKING:
    from sqlalchemy import Engine

LOGGING = """
[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
"""


def _get_staging_directory() -> str:
    """The folder of this process's environments; workers of pytest-xdist have one each."""
    return f"scratch_{provision.FOLLOWER_IDENT}" if provision.FOLLOWER_IDENT else "scratch"


def _join_path(base: str, *more: str) -> str:
    return str(Path(base).joinpath(*more))


def staging_env(create: bool = True, template: str = "generic", sourceless: Any = False) -> ScriptDirectory:
    """An environment made from a template, in the folder ``scripts``.

    :param create: make it, instead of taking what is there. :param template: name of the template.
    :param sourceless: leave compiled files alone; ``simple`` or ``pep3147_envonly`` and the like say where they lie.
    """
    install()
    cfg = _testing_config()
    path = _join_path(_get_staging_directory(), "scripts")
    if create:
        if os.path.exists(path):
            shutil.rmtree(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        command.init(_Quiet(cfg.config_file_name), path, template=template)
        if sourceless:
            make_sourceless(_join_path(path, "env.py"), "pep3147" if "pep3147" in str(sourceless) else "simple")
    return ScriptDirectory(path, sourceless=bool(sourceless))


def clear_staging_env() -> None:
    """Remove the folder, and close SQLAlchemy's testing engines, which may have files in it."""
    from sqlalchemy.testing import engines

    engines.testing_reaper.close_all()
    shutil.rmtree(_get_staging_directory(), ignore_errors=True)


class _Quiet(Config):
    """A Config whose commands print nothing."""

    @property
    def messaging_opts(self) -> Any:
        return {"quiet": True}


def script_file_fixture(txt: str) -> None:
    """Make ``txt`` the template of new revisions."""
    Path(_get_staging_directory(), "scripts", "script.py.mako").write_text(txt, encoding="utf-8")


def env_file_fixture(txt: str) -> None:
    """Make ``txt`` the body of env.py; ``config`` is defined there."""
    path = Path(_get_staging_directory(), "scripts", "env.py")
    path.write_text(f"from alembic import context\n\nconfig = context.config\n{textwrap.dedent(txt)}\n", "utf-8")
    for compiled in (path.with_suffix(".pyc"), *path.parent.glob("__pycache__/env.*")):
        compiled.unlink(missing_ok=True)


def _sqlite_file_db(tempname: str = "foo.db", scope: Any = None, **options: Any) -> Engine:
    """An engine on a SQLite file of the environment."""
    options["scope"] = scope or "function"
    url = make_url(f"sqlite:///{_join_path(_get_staging_directory(), 'scripts', tempname)}")
    engine: Engine = testing_engine(url=url, options=options)  # type: ignore[call-overload]  # asyncio has a default
    return engine


def _sqlite_testing_config(sourceless: Any = False, future: Any = None) -> Config:
    url = f"sqlite:///{_join_path(_get_staging_directory(), 'scripts', 'foo.db')}"
    return _scripts_config(url, f"sourceless = {str(bool(sourceless)).lower()}")


def _multi_dir_testing_config(sourceless: Any = False, extra_version_location: str = "") -> Config:
    """A Config of three version locations, ``model1`` to ``model3``."""
    url = f"sqlite:///{_join_path(_get_staging_directory(), 'scripts', 'foo.db')}"
    locations = " ".join(f"%(here)s/model{number}/" for number in (1, 2, 3))
    return _scripts_config(
        url,
        f"sourceless = {str(bool(sourceless)).lower()}\npath_separator = space\n"
        f"version_locations = {locations} {extra_version_location}",
    )


def _no_sql_testing_config(dialect: str = "postgresql", directives: str = "") -> Config:
    """A Config whose URL names a dialect and no database."""
    return _scripts_config(f"{dialect}://", directives)


def _no_sql_pyproject_config(dialect: str = "postgresql", directives: str = "") -> Config:
    """The same, its settings in `pyproject.toml`."""
    return _write_toml_config(
        f'[tool.alembic]\nscript_location = "%(here)s/scripts"\n{textwrap.dedent(directives)}\n',
        f"[alembic]\nsqlalchemy.url = {dialect}://\n{LOGGING}",
    )


def _multidb_testing_config(engines: Any) -> Config:
    """A Config for the template ``multidb``: a section for each engine by its name."""
    sections = "".join(f"\n[{name}]\nsqlalchemy.url = {engine.url}\n" for name, engine in engines.items())
    text = f"[alembic]\nscript_location = %(here)s/scripts\ndatabases = {', '.join(engines)}\n{sections}"
    return _write_config_file(text + LOGGING)


def _scripts_config(url: str, directives: str) -> Config:
    lines = ["[alembic]", "script_location = %(here)s/scripts", f"sqlalchemy.url = {url}", textwrap.dedent(directives)]
    return _write_config_file("\n".join(lines) + LOGGING)


def _write_config_file(text: str) -> Config:
    """Write the ini file and return its Config."""
    cfg = _testing_config()
    Path(str(cfg.config_file_name)).write_text(text, encoding="utf-8")
    return cfg


def _write_toml_config(tomltext: str, initext: str) -> Config:
    """Write both files and return the Config of them."""
    cfg = _write_config_file(initext)
    toml = Path(_get_staging_directory(), "pyproject.toml").absolute()
    toml.write_text(tomltext, encoding="utf-8")
    return Config(cfg.config_file_name, toml_file=toml)


def _testing_config() -> Config:
    """The Config of an ini file that need not be there yet."""
    os.makedirs(_get_staging_directory(), exist_ok=True)
    return Config(os.path.abspath(_join_path(_get_staging_directory(), "test_alembic.ini")))


def write_script(
    scriptdir: ScriptDirectory, rev_id: str, content: str, encoding: str = "ascii", sourceless: Any = False
) -> None:
    """Give the file of a revision another text; the history stays as it was.

    :param scriptdir: the environment. :param rev_id: the revision. :param content: the text.
    :param encoding: of the file. :param sourceless: compile it and remove the source.
    """
    old = scriptdir.revision_map.get_revision(rev_id)
    assert isinstance(old, Script)
    path = Path(old.path)
    path.write_bytes(textwrap.dedent(content).encode(encoding))
    for compiled in (path.with_suffix(".pyc"), *path.parent.glob(f"__pycache__/{path.stem}.*")):
        compiled.unlink(missing_ok=True)
    module = load_script(str(path))
    new = Script(module, module.revision, str(path))
    if old.down_revision != new.down_revision:
        raise Exception(f"down revision changed from {old.down_revision} to {new.down_revision}")  # noqa: TRY002
    scriptdir.revision_map.add_revision(new, _replace=True)
    if sourceless:
        make_sourceless(str(path), "pep3147" if sourceless == "pep3147_everything" else "simple")


def make_sourceless(path: str, style: str) -> None:
    """Compile a file and remove its source.

    :param path: the file. :param style: ``simple`` puts the compiled file beside it, ``pep3147`` in ``__pycache__``.
    """
    target = None if style == "pep3147" else f"{os.path.splitext(path)[0]}.pyc"
    py_compile.compile(path, cfile=target, doraise=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


SCRIPT = '''\
"""{name}"""

revision = {revision!r}
down_revision = {down!r}

from alembic import op


def upgrade():
    op.execute("CREATE STEP {number}")


def downgrade():
    op.execute("DROP STEP {number}")
'''


def _revisions(cfg: Config, *new: tuple[str, str, str | None]) -> None:
    script = ScriptDirectory.from_config(cfg)
    for number, revision, down in new:
        head = "base" if down is None else down
        script.generate_revision(revision, f"revision {number}", refresh=True, head=head, splice=True)
        write_script(script, revision, SCRIPT.format(name=f"Rev {number}", revision=revision, down=down, number=number))


def three_rev_fixture(cfg: Config) -> tuple[str, str, str]:
    """Three revisions in a row, whose SQL says ``CREATE STEP 1`` and so on; returns their ids."""
    a, b, c = (new_id() for _ in range(3))
    _revisions(cfg, ("1", a, None), ("2", b, a), ("3", c, b))
    return a, b, c


def multi_heads_fixture(cfg: Config, a: str, b: str, c: str) -> tuple[str, str, str]:
    """Two heads more beside ``c``, both above ``b``, one of them two revisions long; returns their ids."""
    d, e, f = (new_id() for _ in range(3))
    _revisions(cfg, ("4", d, b), ("5", e, d), ("6", f, b))
    return d, e, f
