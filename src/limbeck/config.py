"""Where settings come from: ``alembic.ini``, ``pyproject.toml``, environment variables and the program itself.

Precedence, highest first: what the program set, ``LIMBECK_URL`` (for ``sqlalchemy.url`` only), the ini file's main
section with its ``[DEFAULT]``, ``[tool.limbeck]`` or else ``[tool.alembic]`` of the TOML file, the default.
"""

from __future__ import annotations

import os
import re
import sys
from configparser import ConfigParser, Interpolation
from configparser import Error as IniError
from typing import TYPE_CHECKING, Any, Protocol, TextIO, TypedDict, TypeVar, cast

from . import ini_files
from .errors import CommandError, UsageError, WrongValue, warn
from .limits import OPTIONS, Limits, limits

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping, MutableMapping, Sequence
    from pathlib import Path

    Parser = MutableMapping[str, Mapping[str, str]]

T = TypeVar("T")

EDITIONS = (2026,)
URL_VARIABLE = "LIMBECK_URL"
"""The environment variable whose URL takes precedence over ``sqlalchemy.url``."""
SEPARATORS = {"space": None, "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}

_TOKEN = re.compile(r"%(?:%|\(([^()]*)\)(s?))")
_OTHER_SECTION = re.compile(r"(loggers|handlers|formatters|(logger|handler|formatter)_.*|post_write_hooks)$")
_TRUE = ("true", "yes", "on", "y", "t", "1")
_FALSE = ("false", "no", "off", "n", "f", "0")


class MessagingOptions(TypedDict, total=False):
    """How status lines are written: ``quiet`` writes none."""

    quiet: bool


PostWriteHookConfig = dict[str, str]
"""The settings of one post-write hook, with its name under ``_hook_name``."""


class CommandFunction(Protocol):
    """A function that the command line offers as a command."""

    __name__: str

    def __call__(self, config: Config, *args: Any, **kwargs: Any) -> Any:
        """Carry out the command."""


class Config:
    """The settings of one environment.

    :param file_: path of the ini file; it may be missing.
    :param toml_file: path of the `pyproject.toml`; it may be missing.
    :param ini_section: main section of the ini file.
    :param output_buffer: where offline SQL goes; default: ``stdout``.
    :param stdout: where commands print; default: the present ``sys.stdout``.
    :param cmd_opts: the parsed command line, if there is one.
    :param config_args: values of names for ``%(name)s`` in either file.
    :param attributes: arbitrary objects for env.py, such as a connection.
    """

    def __init__(
        self,
        file_: str | os.PathLike[str] | None = None,
        toml_file: str | os.PathLike[str] | None = None,
        ini_section: str = "alembic",
        output_buffer: TextIO | None = None,
        stdout: TextIO | None = None,
        cmd_opts: Namespace | None = None,
        config_args: Mapping[str, object] | None = None,
        attributes: MutableMapping[str, Any] | None = None,
    ) -> None:
        self.config_file_name = None if file_ is None else os.fspath(file_)
        self.toml_file_name = None if toml_file is None else os.fspath(toml_file)
        self.config_ini_section = ini_section
        self.output_buffer = output_buffer
        self.stdout = stdout if stdout is not None else sys.stdout
        self.cmd_opts = cmd_opts
        #: whether the command line made it: what is written to a terminal is for a person then, under an edition
        self.interactive = False
        self.config_args: dict[str, Any] = dict(config_args or {})
        self.attributes: MutableMapping[str, Any] = {} if attributes is None else attributes
        self._file_config: ConfigParser | None = None
        self._toml: dict[str, Any] | None = None

    # -- the two files

    @property
    def file_config(self) -> ConfigParser:
        """The ini file, read once; a parser with an empty main section where no file is named."""
        if self._file_config is None:
            self.config_args["here"] = "." if self.config_file_name is None else _folder_of(self.config_file_name)
            self._file_config = _read_ini(self.config_file_name, self.config_args, self.config_ini_section)
        return self._file_config

    @file_config.setter
    def file_config(self, parser: ConfigParser) -> None:
        self._file_config = parser

    @property
    def _config_file_path(self) -> Path | None:
        """`config_file_name` as a path."""
        return _path(self.config_file_name)

    @property
    def _toml_file_path(self) -> Path | None:
        """`toml_file_name` as a path."""
        return _path(self.toml_file_name)

    @property
    def toml_alembic_config(self) -> Mapping[str, Any]:
        """The table ``[tool.limbeck]``, else ``[tool.alembic]``, of the TOML file, read once; else empty."""
        if self._toml is None:
            self._toml = _read_toml(self.toml_file_name)
        return self._toml

    @property
    def toml_args(self) -> dict[str, Any]:
        """The names that ``%(name)s`` in the TOML file may use."""
        here = {} if self.toml_file_name is None else {"here": _folder_of(self.toml_file_name)}
        return {**{name: value for name, value in self.config_args.items() if name != "here"}, **here}

    # -- options of the ini file

    def get_main_option(self, name: str, default: T | None = None) -> str | T | None:
        """The value of ``name`` in the ini file's main section, else ``default``."""
        return self.get_section_option(self.config_ini_section, name, default)

    def set_main_option(self, name: str, value: str) -> None:
        """Set ``name`` in the main section; see `set_section_option`."""
        self.set_section_option(self.config_ini_section, name, value)

    def remove_main_option(self, name: str) -> None:
        """Remove ``name`` from the main section."""
        self.file_config.remove_option(self.config_ini_section, name)

    def get_section(self, name: str, default: T | None = None) -> dict[str, str] | T | None:
        """All options of section ``name`` with those of ``[DEFAULT]`` and ``here``, else ``default``."""
        if not self.file_config.has_section(name):
            return default
        return dict(self.file_config.items(name))

    def get_section_option(self, section: str, name: str, default: T | None = None) -> str | T | None:
        """The value of ``name`` in ``section``, else ``default``; raises `CommandError` without such a section."""
        if not self.file_config.has_section(section):
            raise self._section_missing(section)
        if self.file_config.has_option(section, name):
            return self.file_config.get(section, name)
        return default

    def set_section_option(self, section: str, name: str, value: str) -> None:
        """Set ``name`` in ``section``, which is added where it is missing.

        ``%(other)s`` in ``value`` is resolved when it is read, ``%%`` means ``%``, any other ``%`` means itself.
        Raises `CommandError` where ``value`` is not a string: an environment variable that is not set gives None.
        """
        if not isinstance(value, str):
            raise CommandError(
                f"Option '{name}' of section [{section}] must be text, not {value!r}",
                code="option-not-text",
                hint="os.environ.get(...) gives None for a variable that is not set"
                if value is None
                else "give a string; of a URL object, url.render_as_string(hide_password=False)",
            )
        if not self.file_config.has_section(section):
            self.file_config.add_section(section)
        self.file_config.set(section, name, value)

    # -- options of either file

    def get_alembic_option(self, name: str, default: Any = None) -> Any:
        """The value of ``name`` in the ini file's main section, else in the TOML file, else ``default``.

        Raises `CommandError` for a TOML value of a type that no option has, and for a main section that the user names
        and the file does not have.
        """
        if self.file_config.has_option(self.config_ini_section, name):
            return self.file_config.get(self.config_ini_section, name)
        if name in self.toml_alembic_config:
            return self._toml_value(name, self.toml_alembic_config[name])
        parser = self.file_config
        if (
            self.config_ini_section != "alembic"
            and parser.sections()
            and not parser.has_section(self.config_ini_section)
        ):
            raise self._section_missing(self.config_ini_section)
        return default

    def get_alembic_boolean_option(self, name: str) -> bool:
        """True where the ini file has ``true`` or the TOML file a true boolean.

        In the ini file ``revision_environment`` may be any word of `asbool`, the other options exactly ``true``, as in
        Alembic; warns of a value that looks true and is not.
        """
        if self.file_config.has_option(self.config_ini_section, name):
            value = self.file_config.get(self.config_ini_section, name)
            if name == "revision_environment":
                return self._word(name, value)
            if value != "true" and value.strip().lower() in _TRUE:
                warn(
                    f"'{name} = {value}' counts as false: only exactly 'true' is true",
                    code="boolean-spelling",
                    hint=f"write '{name} = true', or remove the line",
                    file=self.config_file_name,
                )
            return value == "true"
        value = self.toml_alembic_config.get(name, False)
        if not isinstance(value, bool):
            raise CommandError(
                f"boolean value expected for TOML parameter '{name}'",
                code="toml-value",
                hint="write true or false, without quotes",
                file=self.toml_file_name,
            )
        return value

    def get_limbeck_boolean(self, name: str) -> bool | None:
        """The value of an option that Alembic does not know: any word of `asbool`; None where it is not set.

        Raises `CommandError` for another word.
        """
        value = self.get_alembic_option(name)
        return value if value is None or isinstance(value, bool) else self._word(name, str(value))

    @property
    def edition(self) -> int | None:
        """The edition that this environment asks for; None for one that behaves as under Alembic."""
        value = self.get_alembic_option("edition")
        if value is None or value == "":
            return None
        return known_edition(value, file=self._file_of("edition"))

    @property
    def limits(self) -> Limits:
        """The limits of runs; raises `CommandError` for a value that none can have."""
        values = {name: self.get_alembic_option(name) for name in OPTIONS}
        return limits(values, place=self.place_of) if any(value is not None for value in values.values()) else Limits()

    def folder_of(self, name: str) -> str | None:
        """The folder of ``objects`` or ``repeatable_objects``, None where it is not set.

        A relative one is in that of the file that names it.
        """
        value = self.get_alembic_option(name)
        if value is None or value == "":
            return None
        file, line = self.place_of(name)
        if not isinstance(value, str):
            raise CommandError(
                f"'{name}' is the path of a folder, not {value!r}",
                code="toml-value",
                hint=f'write {name} = "sql/"',
                file=file,
                line=line,
            )
        folder = "." if file is None else _folder_of(file)
        return os.path.join(folder, value)

    @property
    def longest_body(self) -> int | None:
        """The number of lines of an object's text above which autogenerate writes it into a file; None: it does not."""
        value = self.get_alembic_option("longest_body")
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not str(value).strip().isdecimal():
            file, line = self.place_of("longest_body")
            raise CommandError(
                f"'longest_body' is a number of lines, not {value!r}",
                code="option-not-number",
                hint="write longest_body = 20, or leave it out: the texts stand in the scripts then",
                file=file,
                line=line,
            )
        return int(value)

    def place_of_url(self) -> tuple[str, str | None]:
        """What the URL of the database is called in messages, and the file that has it."""
        url = (self.get_section(self.config_ini_section) or {}).get("sqlalchemy.url")
        if url is not None and url == os.environ.get(URL_VARIABLE):
            return f"The environment variable {URL_VARIABLE}", None
        return "'sqlalchemy.url'", self.config_file_name or self.toml_file_name

    def get_version_locations_list(self) -> list[str] | None:
        """The folders of ``version_locations``, or None where the option is absent or empty."""
        return self._path_list(
            "version_locations",
            ("version_path_separator", "path_separator"),
            re.compile(r"[, ]+"),
            "spaces/commas",
        )

    def get_prepend_sys_paths_list(self) -> list[str] | None:
        """The entries of ``prepend_sys_path``, or None where the option is absent or empty."""
        return self._path_list(
            "prepend_sys_path", ("path_separator",), re.compile(r"[,: ]+"), "spaces, commas, and colons"
        )

    def get_hooks_list(self) -> list[PostWriteHookConfig]:
        """The post-write hooks in their order; a section ``[post_write_hooks]`` in the ini file hides those of TOML."""
        section = self.get_section("post_write_hooks")
        if section is not None:
            return [_ini_hook(section, name) for name in re.split(r"[,\s]+", section.get("hooks", "")) if name]
        tables = self._toml_value("post_write_hooks", self.toml_alembic_config.get("post_write_hooks", []))
        if not isinstance(tables, list) or not all(isinstance(table, dict) and "name" in table for table in tables):
            raise CommandError(
                "post_write_hooks must be an array of tables, each with a 'name'",
                code="toml-value",
                hint="write [[tool.limbeck.post_write_hooks]] and below it name, type and what the type needs",
                file=self.toml_file_name,
            )
        return [
            {**{key: value for key, value in table.items() if key != "name"}, "_hook_name": table["name"]}
            for table in tables
        ]

    # -- output

    @property
    def messaging_opts(self) -> MessagingOptions:
        """How status lines are written."""
        return {"quiet": bool(getattr(self.cmd_opts, "quiet", False))}

    def print_stdout(self, text: str, *args: object) -> None:
        """Write ``text % args`` as a line to ``stdout``, unless quiet."""
        from .console import message

        message(
            str(text) % args if args else str(text), quiet=self.messaging_opts.get("quiet", False), stream=self.stdout
        )

    def get_template_directory(self) -> str:
        """The folder of the environment templates that Alembic can run as well; subclasses may point elsewhere."""
        return os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")

    # -- inside

    def _word(self, name: str, value: str) -> bool:
        try:
            return asbool(value)
        except ValueError:
            raise CommandError(
                f"'{name}' must be true or false, not '{value}'",
                code="option-not-boolean",
                hint="write true or false",
                file=self.config_file_name,
            ) from None

    def _section_missing(self, section: str) -> CommandError:
        present = ", ".join(name for name in self.file_config.sections() if not _OTHER_SECTION.match(name)) or "none"
        return CommandError(
            f"No config file {self.config_file_name!r} found, or file has no '[{section}]' section",
            code="unknown-section",
            hint=f"sections of this file: {present}",
            file=self.config_file_name,
        )

    def _file_of(self, name: str) -> str | None:
        in_ini = self.file_config.has_option(self.config_ini_section, name)
        return self.config_file_name if in_ini else self.toml_file_name

    def place_of(self, name: str) -> tuple[str | None, int | None]:
        """The file that has the option ``name``, and the line where it is found there."""
        file = self._file_of(name)
        if file is None or not os.path.exists(file):
            return file, None
        with open(file, encoding="utf-8", errors="replace") as stream:
            found = (number for number, line in enumerate(stream, 1) if re.match(rf"\s*{name}\s*[=:]", line))
            return file, next(found, None)

    def _toml_value(self, name: str, value: object) -> object:
        if isinstance(value, str):
            return expand(value, name, self.toml_args, self.toml_file_name)
        if isinstance(value, list):
            return [self._toml_value(name, item) for item in value]
        if isinstance(value, dict):
            return {key: self._toml_value(f"{name}.{key}", item) for key, item in value.items()}
        if isinstance(value, int):
            return value
        raise CommandError(
            f"unsupported TOML value type for key: '{name}'",
            code="toml-value",
            hint="text, integers, true and false, arrays and tables of them are supported",
            file=self.toml_file_name,
        )

    def _path_list(
        self, name: str, separator_keys: Sequence[str], legacy: re.Pattern[str], legacy_text: str
    ) -> list[str] | None:
        value = self.get_alembic_option(name)
        if not value:
            return None
        if isinstance(value, list):
            return [str(item) for item in value]
        if not self.file_config.has_option(self.config_ini_section, name):
            raise CommandError(
                f"'{name}' must be an array in TOML",
                code="toml-value",
                hint=f'write {name} = ["...", "..."]',
                file=self.toml_file_name,
            )
        for key in separator_keys:
            separator = self.get_alembic_option(key)
            if separator is not None:
                items = value.split(self._separator(key, str(separator)))
                break
        else:
            _deprecated(
                "No path_separator found in configuration; falling back to legacy splitting on "
                f"{legacy_text} for {name}.  Consider adding path_separator=os to Alembic config."
            )
            items = legacy.split(value)
        return [item.strip() for item in items if item.strip()]

    def _get_file_separator_char(self, key: str) -> str | None:
        """The separator that the option ``key`` names, None where it is absent; Flask-Alembic joins lists with it."""
        value = self.get_alembic_option(key)
        return None if value is None else self._separator(key, str(value)) or " "

    def _separator(self, key: str, value: str) -> str | None:
        if key == "version_path_separator":
            _deprecated("The version_path_separator configuration parameter is deprecated; please use path_separator")
        if value not in SEPARATORS:
            raise WrongValue(
                f"'{value}' is not a valid value for {key}; expected {', '.join(map(repr, SEPARATORS))}",
                code="path-separator",
                hint="os is the separator of this system's PATH",
                file=self._file_of(key),
            )
        return SEPARATORS[value]


def _ini_hook(section: Mapping[str, str], name: str) -> PostWriteHookConfig:
    """The options ``<name>.<option>`` of section ``[post_write_hooks]``."""
    prefix = f"{name}.".lower()
    options = {key.removeprefix(prefix): value for key, value in section.items() if key.startswith(prefix)}
    return {**options, "_hook_name": name}


def default_files(explicit: Iterable[str] = ()) -> tuple[str, str]:
    """The ini file and the TOML file of a command line.

    :param explicit: the values of ``-c``; without any, ``LIMBECK_CONFIG`` or else ``ALEMBIC_CONFIG``.

    A kind that is not named is `alembic.ini` or `pyproject.toml` in the current directory. Raises `UsageError` where
    one kind is named twice.
    """
    ini = [name for name in named_files(explicit) if not _is_toml(name)]
    toml = [name for name in named_files(explicit) if _is_toml(name)]
    if len(ini) > 1:
        raise UsageError("only one ini file may be indicated", hint="give -c once for each kind of file")
    if len(toml) > 1:
        raise UsageError("pyproject.toml indicated more than once", hint="give -c once for each kind of file")
    return (ini or ["alembic.ini"])[0], (toml or ["pyproject.toml"])[0]


def named_files(explicit: Iterable[str] = ()) -> list[str]:
    """The configuration files that the user names: by ``-c``, else by ``LIMBECK_CONFIG`` or ``ALEMBIC_CONFIG``."""
    names = list(explicit)
    if not names:
        variable = os.environ.get("LIMBECK_CONFIG") or os.environ.get("ALEMBIC_CONFIG")
        names = [variable] if variable else []
    return names


def accepts_ahead(value: object) -> bool:
    """Whether a value of ``ahead`` accepts a database ahead of the code; raises `CommandError` for another word."""
    if value not in (None, "", "accept", "refuse"):
        raise WrongValue(
            f"'ahead' is {value!r}", code="unknown-ahead", hint="write accept, or refuse, which is the default"
        )
    return value == "accept"


def known_edition(value: object, file: str | None = None) -> int:
    """The edition that ``value``, a setting of ``file``, names; raises `CommandError` where this version has none."""
    if str(value) not in map(str, EDITIONS):
        raise CommandError(
            f"Unknown edition: {value}",
            code="unknown-edition",
            hint=f"this version knows {', '.join(map(str, EDITIONS))}",
            file=file,
        )
    return int(str(value))


def demand_files(names: Iterable[str]) -> None:
    """Raise `CommandError` for the first of ``names`` that is not a file; a file that the user names has to exist."""
    for name in names:
        if not os.path.isfile(name):
            raise CommandError(
                f"Config file '{name}' does not exist",
                code="config-missing",
                hint="check the path given by -c, LIMBECK_CONFIG or ALEMBIC_CONFIG",
                file=name,
            )


def asbool(obj: object) -> bool:
    """Whether a setting means true: true, yes, on, y, t or 1; raises ValueError for a word that means neither."""
    if not isinstance(obj, str):
        return bool(obj)
    word = obj.strip().lower()
    if word not in _TRUE + _FALSE:
        raise ValueError(f"String is not true/false: {word!r}")
    return word in _TRUE


def expand(text: str, key: str, names: Mapping[str, object], file: str | None, *, nested: bool = False) -> str:
    """Resolve ``%(name)s`` and ``%%`` in ``text``; any other ``%`` stays, so that a URL may contain one.

    :param key: the option that has the text, for messages.
    :param names: the values of names.
    :param file: the file that has the option, for messages.
    :param nested: resolve the values of ``names`` in their turn, as those of an ini file are.

    Raises `CommandError` for a name that is not set, a token without its ``s`` and names that refer to each other.
    """
    return _expand(text, key, names, file, () if nested else None)


def _expand(text: str, key: str, names: Mapping[str, object], file: str | None, trail: tuple[str, ...] | None) -> str:
    def resolve(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        name, ending = match.groups()
        if not ending:
            raise CommandError(
                f"'{match[0]}' in option '{key}' lacks its final 's'",
                code="interpolation-syntax",
                hint=f"write {match[0]}s, or %{match[0]} where the text is meant literally",
                file=file,
            )
        low = name if trail is None else name.lower()
        if low not in names:
            raise CommandError(
                f"Option '{key}' refers to '{name}', which is not set",
                code="interpolation-missing",
                hint=f"set '{name}', or write %%({name})s where the text is meant literally",
                file=file,
            )
        value = str(names[low])
        if trail is None:
            return value
        if low in trail:
            raise CommandError(
                f"Option '{key}' refers to itself through {' -> '.join((*trail, low))}",
                code="interpolation-loop",
                hint="give one of them a value of its own",
                file=file,
            )
        return _expand(value, key, names, file, (*trail, low))

    return _TOKEN.sub(resolve, text) if "%" in text else text


class _Interpolation(Interpolation):
    """`expand` as the interpolation of a ConfigParser."""

    def __init__(self, file: str | None) -> None:
        self.file = file

    def before_get(self, parser: Parser, section: str, option: str, value: str, defaults: Mapping[str, str]) -> str:
        """Resolve ``value``; ``defaults`` are the options of the section, those of ``[DEFAULT]`` included."""
        return expand(value, option, defaults, self.file, nested=True)


def _read_ini(file: str | None, names: Mapping[str, object], main_section: str) -> ConfigParser:
    here = "." if file is None else _folder_of(file).replace("%", "%%")
    defaults = {**{key: str(value) for key, value in names.items()}, "here": here}
    parser = ConfigParser(defaults, interpolation=_Interpolation(file))
    if file is not None and os.path.exists(file):
        try:
            ini_files.read_config_parser(parser, [file])
        except IniError as error:
            raise _ini_error(error, file) from error
    url = os.environ.get(URL_VARIABLE)
    if url is not None and not url.strip():
        raise CommandError(
            f"The environment variable {URL_VARIABLE} is set and empty",
            code="no-url",
            hint=f"set it to the URL of the database, or `unset {URL_VARIABLE}` for that of the configuration",
        )
    if not parser.has_section(main_section) and (file is None or (url and not os.path.exists(file))):
        parser.add_section(main_section)
    if url and parser.has_section(main_section):
        parser.set(main_section, "sqlalchemy.url", url.replace("%", "%%"))
    return parser


def _ini_error(error: IniError, file: str) -> CommandError:
    line = getattr(error, "lineno", None)
    if line is None:
        line = next((number for number, _ in getattr(error, "errors", ())), None)
    fact = error.message.splitlines()[0].rstrip(".")
    hint = "a line is a [section], key = value, a # comment, or indented text that continues a value"
    return CommandError(f"Malformed ini file: {fact}", code="ini-syntax", hint=hint, file=file, line=line)


def _read_toml(file: str | None) -> dict[str, Any]:
    if file is None or not os.path.exists(file):
        return {}
    text = ini_files.read_text(file)
    if "limbeck" not in text and "alembic" not in text:
        return {}
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        raise CommandError(
            f"Malformed TOML file: {error}",
            code="toml-syntax",
            hint="text needs quotes, and a table begins with its name in brackets",
            file=file,
            line=int(place[1]) if place else None,
        ) from error
    tools = document.get("tool", {})
    table = tools.get("limbeck", tools.get("alembic", {})) if isinstance(tools, dict) else tools
    if not isinstance(table, dict):
        raise CommandError("Incorrect TOML format", code="toml-syntax", hint="[tool.limbeck] is a table", file=file)
    return cast("dict[str, Any]", table)


def _path(file: str | None) -> Path | None:
    from pathlib import Path

    return None if file is None else Path(file)


def _folder_of(file: str) -> str:
    return os.path.abspath(os.path.dirname(file)).replace(os.sep, "/")


def _is_toml(name: str) -> bool:
    return os.path.basename(name) == "pyproject.toml"


def _deprecated(text: str) -> None:
    import warnings

    warnings.warn(text, DeprecationWarning, stacklevel=5)
