"""Objects in a folder of ``.sql`` files, one object a file, with its comment and its indexes after it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import MetaData

from limbeck.call_site import caller
from limbeck.errors import CommandError

from .declared import CLASSES, MaterializedView, SchemaObject
from .definition import QUERIES
from .file_text import FileText
from .statement import head_of, positions_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_INDEX = re.compile(r"CREATE\s+(?:UNIQUE\s+)?INDEX\b", re.IGNORECASE)
_COMMENT = re.compile(r"COMMENT\s+ON\b.*\bIS\s+(?:NULL|'(?P<text>(?:[^']|'')*)')\s*\Z", re.IGNORECASE | re.DOTALL)


def objects_in(
    folder: str | Path,
    metadata: MetaData,
    *,
    schema: str | None = None,
    dialect: str | Sequence[str] | None = None,
    repeatable: bool = False,
) -> list[SchemaObject]:
    """Declare the objects of a folder of ``.sql`` files, one ``CREATE`` statement a file, subfolders included.

    After it may come its comment, as ``COMMENT ON``, and the indexes of a materialized view, as ``CREATE INDEX``.

    :param folder: the folder; a relative path starts at the folder of the calling file.
    :param metadata: the MetaData of the models that they belong to.
    :param schema: the schema of those whose statement names none; default: that of the MetaData.
    :param dialect: the name of the only dialect that they are for, or several; default: every one.
    :param repeatable: no revision is written for them: each upgrade to the heads replaces those whose text changed.
    :return: the objects, in the order of the paths.
    :raises CommandError: there is no such folder, or a file has no such statement.
    """
    calling, line = caller()
    place = Path(folder) if calling is None else Path(calling).parent / folder
    hint = "correct the path; a relative one starts at the folder of the file that gives it"
    _demand_folder(place, hint, (calling, line))
    return list(_declared(place, metadata, schema, dialect, repeatable=repeatable))


def declared_in(
    folder: Path,
    setting: str = "objects",
    place: tuple[str | None, int | None] = (None, None),
    *,
    repeatable: bool = False,
    apart_from: Path | None = None,
) -> MetaData:
    """What a folder of the configuration declares, as a MetaData without tables.

    :param setting: the setting that names it. :param place: the file and the line of the setting.
    :param repeatable: whether its objects are repeatable. :param apart_from: a folder within it that is left out.
    :raises CommandError: there is no such folder, or a file has no such statement.
    """
    _demand_folder(folder, f"correct '{setting}'; a relative path starts at the folder of the configuration", place)
    metadata = MetaData()
    list(_declared(folder, metadata, None, None, repeatable=repeatable, apart_from=apart_from))
    return metadata


def _demand_folder(folder: Path, hint: str, place: tuple[str | None, int | None]) -> None:
    if not folder.is_dir():
        raise CommandError(
            f"There is no folder {folder} with the definitions of objects",
            code="no-definition",
            hint=hint,
            file=place[0],
            line=place[1],
        )


def _declared(
    folder: Path,
    metadata: MetaData,
    schema: str | None,
    dialect: str | Sequence[str] | None,
    *,
    repeatable: bool,
    apart_from: Path | None = None,
) -> Iterator[SchemaObject]:
    without = None if apart_from is None else apart_from.resolve()
    for path in sorted(folder.rglob("*.sql")):
        if without is not None and without in path.resolve().parents:
            continue
        text = FileText.read(path.absolute())
        head = head_of(text)
        if head is None:
            raise _refused(
                text,
                f"{path} does not begin with a CREATE statement of a view, a function, a trigger or the like",
                "write one statement a file; tables are declared as models",
            )
        kind, named, name = head
        file = _File.of(text, kind)
        place, comment = named or schema, file.comment
        if kind == MaterializedView.kind:
            yield MaterializedView(
                name,
                metadata,
                file.definition,
                schema=place,
                comment=comment,
                dialect=dialect,
                indexes=file.indexes,
                repeatable=repeatable,
            )
        elif file.indexes:
            raise _refused(text, f"{path} has indexes, and a {kind.replace('_', ' ')} has none", "take them out")
        else:
            yield CLASSES[kind](
                name,
                metadata,
                file.definition,
                schema=place,
                comment=comment,
                dialect=dialect,
                repeatable=repeatable,
            )


class _File(NamedTuple):
    """What a file says.

    :param definition: the ``CREATE`` statement. :param comment: its comment. :param indexes: its indexes.
    """

    definition: FileText
    comment: str | None
    indexes: list[str]

    @classmethod
    def of(cls, text: FileText, kind: str) -> _File:
        """What ``text`` says of an object of ``kind``: a body has semicolons too, so what follows is looked at."""
        ends = positions_of(";", text)
        for number, end in enumerate(ends):
            further = [text.part(start, after) for start, after in _between(ends[number:], text)]
            if not further:
                return cls(text.part(0, end), None, [])
            comments = [found for each in further if (found := _COMMENT.match(each))]
            indexes = [str(each) for each in further if _INDEX.match(each)]
            if len(comments) + len(indexes) == len(further):
                said = [each["text"] for each in comments if each["text"] is not None]
                return cls(text.part(0, end), said[-1].replace("''", "'") if said else None, indexes)
            if kind in QUERIES:
                raise _refused(
                    further[0],
                    f"{text.path} has a second statement: {further[0].splitlines()[0]}",
                    "write one object a file; its COMMENT ON, and indexes of a materialized view, may follow",
                )
        return cls(text, None, [])


def _between(ends: Sequence[int], text: str) -> Iterator[tuple[int, int]]:
    """Beginning and end of each statement after the first of ``ends``."""
    for start, after in zip(ends, [*ends[1:], len(text)], strict=True):
        if any(True for _ in words_of(text[start + 1 : after])):
            yield start + 1, after


def _refused(text: FileText, fact: str, hint: str) -> CommandError:
    return CommandError(fact, code="bad-object", hint=hint, file=text.path, line=text.line)
