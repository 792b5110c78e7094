"""New files: ids, slugs, dates and file names, rendered templates, and writing them in one move."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mako.template import Template

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"%\((?P<name>\w+)\)[-#0 +]*\d*(?:\.\d+)?[a-z]")
_DATES = ("year", "month", "day", "hour", "minute", "second")


def rev_id() -> str:
    """A new revision id: twelve random hex digits."""
    return os.urandom(6).hex()


def slug(message: str | None, longest: int) -> str:
    """The words of ``message`` in lower case, joined by ``_``; cut after a whole word where longer than ``longest``."""
    text = "_".join(_WORD.findall(message or "")).lower()
    if len(text) <= longest:
        return text
    return text[:longest].rsplit("_", 1)[0] + "_"


def create_date(timezone: str | None) -> datetime:
    """Now, in ``timezone``; without one, local time as a naive datetime. Raises `CommandError` for an unknown zone."""
    from datetime import UTC, datetime

    if timezone is None:
        return datetime.now()  # noqa: DTZ005 without a setting the date is local and naive, as people read it
    from zoneinfo import ZoneInfo

    for name in (timezone, timezone.upper()):
        try:
            zone = ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
        return datetime.now(UTC).astimezone(zone)
    raise CommandError(
        f"Can't locate timezone: {timezone}",
        code="unknown-timezone",
        hint="names are those of the IANA database, as Europe/Vienna; where the system lacks it, install tzdata",
    )


def file_name(template: str, rev: str, message: str | None, date: datetime, longest: int) -> str:
    """The name of a new revision file, `.py` included.

    :param template: tokens ``rev slug epoch year month day hour minute second``, as ``%(slug)s``.
    :param longest: longest slug, in characters.

    Raises `CommandError` for a token that does not exist.
    """
    tokens = {
        "rev": rev,
        "slug": slug(message, longest),
        "epoch": int(date.timestamp()),
        **{part: getattr(date, part) for part in _DATES},
    }
    try:
        return f"{template % tokens}.py"
    except (KeyError, ValueError, TypeError) as error:
        raise CommandError(
            f"file_template '{template}' can't be filled in: {error}",
            code="file-template",
            hint=f"tokens are {', '.join(f'%({name})s' for name in tokens)}; numbers may be written %(month).2d",
        ) from error


def dated_anew(name: str, template: str, rev: str, date: datetime, longest: int) -> str:
    """The name of a revision file with another date; as it is where the template has none, or made no such name.

    :param name: with the folders that the template gives. :param template: as for `file_name`.
    :param longest: longest slug, in characters.
    """
    tokens = list(_TOKEN.finditer(template))
    if not any(token["name"] in (*_DATES, "epoch") for token in tokens):
        return name
    kinds = {"rev": re.escape(rev), "slug": r"(?P<slug>\w*)"}
    pattern, end = "", 0
    for token in tokens:
        pattern += re.escape(template[end : token.start()]) + kinds.get(token["name"], r"\d+")
        kinds["slug"] = "(?P=slug)" if token["name"] == "slug" else kinds["slug"]
        end = token.end()
    found = re.fullmatch(pattern + re.escape(f"{template[end:]}.py"), name.replace(os.sep, "/"))
    return name if found is None else file_name(template, rev, found.groupdict().get("slug"), date, longest)


def comma(value: str | Iterable[str] | None) -> str:
    """The filter ``comma`` of templates: names joined by comma and space, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if not isinstance(value, Iterable):
        raise ValueError(f"Don't know how to comma-format {value!r}")  # noqa: TRY004 Alembic's class
    return ", ".join(value)


def render(template: str, variables: Mapping[str, object], encoding: str) -> bytes:
    """Render a Mako template.

    :param template: path of the template.
    :param variables: what its expressions may use, besides Mako's own names.
    :param encoding: encoding of the result.

    Raises `CommandError`, with the template and its line, where it cannot be read, compiled or rendered.
    """
    from mako.exceptions import MakoException, RichTraceback, text_error_template
    from mako.template import Template

    try:
        compiled = Template(filename=template)  # noqa: S702 makes Python and ini files, no HTML
    except OSError as error:
        raise CommandError(
            f"Can't read template: {error.strerror}",
            code="template-missing",
            hint="`limbeck init` in another folder makes one to copy",
            file=template,
        ) from error
    except (MakoException, SyntaxError, UnicodeDecodeError) as error:
        raise CommandError(
            f"Template can't be compiled: {str(error).splitlines()[0]}",
            code="template-syntax",
            hint="it is a Mako template: % begins a line of control, ${...} an expression",
            file=template,
            line=getattr(error, "lineno", None),
        ) from error
    try:
        text = str(compiled.render_unicode(**variables))
    except Exception as error:
        said = f"{type(error).__name__}: {error}; nothing was written"
        if "Undefined" in str(error):
            said += "; a name that the template uses is not given, see template_args of context.configure()"
        raise CommandError(
            f"Template rendering failed; see {_written_down(text_error_template())} for a template-oriented traceback.",
            code="template-failed",
            hint=said,
            file=template,
            line=RichTraceback(error=error).lineno,
        ) from error
    try:
        return text.encode(encoding)
    except (LookupError, UnicodeEncodeError) as error:
        raise CommandError(
            f"Can't write in output_encoding '{encoding}': {error}",
            code="output-encoding",
            hint="utf-8 can write everything",
            file=template,
        ) from error


def _written_down(traceback: Template) -> str:
    """The path of a new temporary file with the lines of a template that failed."""
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile("w", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(str(traceback.render_unicode()))
    return file.name


def write_whole(path: str, data: bytes) -> None:
    """Write ``data`` to ``path`` in one move, so that no half-written file is ever seen or left.

    A file that exists keeps its permissions; of a symbolic link the target is written. Raises `CommandError` where the
    system refuses.
    """
    target = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{os.getpid()}")
    try:
        with open(temporary, "wb") as stream:
            stream.write(data)
        if os.path.exists(target):
            os.chmod(temporary, os.stat(target).st_mode & 0o7777)
        os.replace(temporary, target)
    except OSError as error:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise not_writable("Can't write", error, path) from error


def not_writable(fact: str, error: OSError, path: str) -> CommandError:
    """The error for a file that the system refuses to write, in a sentence that begins with ``fact``."""
    hint = "see that this user may write there"
    return CommandError(f"{fact}: {error.strerror}", code="not-writable", hint=hint, file=path)


def make_folder(path: str, *, quiet: bool) -> None:
    """Make folder ``path``, with a status line; raises `CommandError` where the system refuses."""
    from limbeck.console import status

    with status(f"Creating directory {path}", quiet=quiet):
        try:
            os.makedirs(path)
        except OSError as error:
            raise CommandError(
                f"Can't create directory: {error.strerror}",
                code="not-writable",
                hint="see that this user may write there, and that no file has this name",
                file=path,
            ) from error
