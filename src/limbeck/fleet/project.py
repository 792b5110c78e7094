"""The environment of a fleet as a value, of which each target gets a configuration of its own."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field

from limbeck.config import Config

URL = "sqlalchemy.url"
"""The option that each target has its own value of."""


@dataclass(frozen=True, slots=True)
class Project:
    """A configuration as a value: files, section, what ``-x`` was given, and the options that a program has set.

    :param file: the ini file. :param toml_file: the TOML file. :param section: main section of the ini file.
    :param x: what ``-x`` was given. :param options: the options of the main section but the URL, as they are written.
    """

    file: str | None
    toml_file: str | None
    section: str
    x: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, config: Config) -> Project:
        """That of a configuration; its ``attributes`` are left out, as a connection in them is to one database."""
        section = config.config_ini_section
        parser = config.file_config
        written = parser.items(section, raw=True) if parser.has_section(section) else []
        options = [(name, value) for name, value in written if name != URL]
        x = tuple(getattr(config.cmd_opts, "x", None) or ())
        return cls(config.config_file_name, config.toml_file_name, section, x, tuple(options))

    def config(self, url: str | None = None) -> Config:
        """A configuration of its own for one database."""
        config = Config(self.file, self.toml_file, self.section, cmd_opts=Namespace(x=list(self.x)))
        for name, value in self.options:
            config.set_main_option(name, value)
        if url is not None:
            config.set_main_option(URL, url.replace("%", "%%"))
        return config
