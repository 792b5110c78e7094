"""The folder of an environment: its scripts, its env.py, its history and plans."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, cast

from limbeck.errors import CommandError, WrongValue, warn
from limbeck.graph.map import RevisionMap
from limbeck.graph.resolve import ids
from limbeck.graph.revision import SYMBOLS, distinct

from . import rollback_journal
from .command_errors import command_errors
from .locations import Locations, resolve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from limbeck.config import Config, MessagingOptions, PostWriteHookConfig
    from limbeck.graph.graph import Graph
    from limbeck.graph.plan import Plan
    from limbeck.results import HistoryRow

    from .irregular import BrokenFile
    from .script import Script
    from .steps import RevisionStep, StampStep

FILE_TEMPLATE = "%(rev)s_%(slug)s"
SLUG_LENGTH = 40


class ScriptDirectory:
    """The folder of an environment.

    :param dir: the folder, with env.py and script.py.mako.
    :param file_template: name of a new file, without `.py`; tokens as those of `limbeck.script.write.file_name`.
    :param truncate_slug_length: longest slug, in characters; 0 means the default.
    :param version_locations: folders of the revision files; default: `versions` in ``dir``.
    :param sourceless: accept compiled files without source.
    :param output_encoding: encoding of written files.
    :param timezone: zone of creation dates; default: local time without a zone.
    :param hooks: settings of the post-write hooks.
    :param recursive_version_locations: look into sub-folders.
    :param messaging_opts: how status lines are written.
    :param edition: the edition of the environment; None: as Alembic.

    Raises `CommandError` where ``dir`` does not exist.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str],
        file_template: str = FILE_TEMPLATE,
        truncate_slug_length: int | None = SLUG_LENGTH,
        version_locations: Sequence[str | os.PathLike[str]] | None = None,
        sourceless: bool = False,
        output_encoding: str = "utf-8",
        timezone: str | None = None,
        hooks: Sequence[PostWriteHookConfig] = (),
        recursive_version_locations: bool = False,
        messaging_opts: MessagingOptions | None = None,
        *,
        edition: int | None = None,
    ) -> None:
        self.dir = os.fspath(dir)
        if not os.path.isdir(self.dir):
            raise CommandError(
                f"Path doesn't exist: {self.dir}.  Please use the 'init' command to create a new scripts folder.",
                code="script-location-missing",
                hint="script_location is relative to the current directory, unless it begins with %(here)s",
                file=self.dir,
            )
        self.file_template = file_template
        self.truncate_slug_length = truncate_slug_length or SLUG_LENGTH
        self.version_locations = [os.fspath(location) for location in version_locations or ()]
        self.sourceless = sourceless
        self.output_encoding = output_encoding
        self.timezone = timezone
        self.hooks = list(hooks)
        self.recursive_version_locations = recursive_version_locations
        self.messaging_opts: MessagingOptions = messaging_opts or {}
        self.edition = edition
        self.heads_file = False
        """Whether a file of the heads is kept, `limbeck.script.heads_file`."""
        self.revision_map = RevisionMap(self._load_revisions)
        self._maps_with_originals: dict[tuple[str, ...], RevisionMap] = {}

    @classmethod
    def from_config(cls, config: Config) -> ScriptDirectory:
        """The script directory that ``config`` names; inserts ``prepend_sys_path`` at the start of ``sys.path``.

        Raises `CommandError` where ``script_location`` is not set or does not exist, and for settings that are wrong.
        """
        location = config.get_alembic_option("script_location")
        if not location:
            raise _no_location(config)
        edition = {} if config.edition is None else {"edition": config.edition}  # a subclass may not know it
        prepended = config.get_prepend_sys_paths_list()
        if prepended:
            sys.path[:0] = prepended
        made = cls(
            resolve(str(location)).rstrip("/\\") or os.sep,
            file_template=str(config.get_alembic_option("file_template", FILE_TEMPLATE)),
            truncate_slug_length=_number(config, "truncate_slug_length", SLUG_LENGTH),
            version_locations=config.get_version_locations_list(),
            sourceless=config.get_alembic_boolean_option("sourceless"),
            output_encoding=str(config.get_alembic_option("output_encoding", "utf-8")),
            timezone=config.get_alembic_option("timezone"),
            hooks=config.get_hooks_list(),
            recursive_version_locations=config.get_alembic_boolean_option("recursive_version_locations"),
            messaging_opts=config.messaging_opts,
            **edition,
        )
        made.heads_file = bool(config.get_limbeck_boolean("heads_file"))
        return made

    # -- files

    @cached_property
    def _version_locations(self) -> list[str]:
        """The version locations as absolute paths, resolved when a file in them is first asked for."""
        named = self.version_locations or [os.path.join(self.dir, "versions")]
        return [os.path.abspath(resolve(location)) for location in named]

    @cached_property
    def _locations(self) -> Locations:
        return Locations(
            self._version_locations,
            recursive=self.recursive_version_locations,
            sourceless=self.sourceless,
            strict=self.edition is not None,
        )

    @property
    def version_folders(self) -> list[str]:
        """The version locations as absolute paths."""
        return list(self._version_locations)

    def elsewhere(self, folders: Sequence[str]) -> ScriptDirectory:
        """The same environment with the revision files of other folders."""
        return ScriptDirectory(
            self.dir,
            version_locations=folders,
            sourceless=self.sourceless,
            recursive_version_locations=self.recursive_version_locations,
            messaging_opts=self.messaging_opts,
            edition=self.edition,
        )

    @property
    def versions(self) -> str:
        """The one version location; raises `CommandError` where there are several."""
        if len(self._version_locations) > 1:
            raise CommandError(
                "Multiple version_locations present",
                code="several-version-locations",
                hint="ask for _version_locations, which lists them",
            )
        return self._version_locations[0]

    @property
    def env_py_location(self) -> str:
        """Path of env.py."""
        return os.path.join(os.path.abspath(self.dir), "env.py")

    @property
    def broken(self) -> list[BrokenFile]:
        """Revision files that are left out of the graph because their headers cannot be determined.

        Commands that change something and are given ``head`` or ``heads`` call `demand_whole` first.
        """
        _ = self.revision_map.heads
        return self._locations.broken

    def demand_whole(self) -> None:
        """Raise `CommandError` where a revision file is left out of the graph, which may have other heads with it."""
        for file in self.broken:
            raise CommandError(
                f"Revision file can't be read: {file.problem}",
                code="broken-revision-file",
                hint="repair the file or move it away, or name the target by its revision id",
                file=file.path,
                line=file.line,
            )

    def run_env(self) -> None:
        """Run env.py afresh; raises `CommandError` where it is missing or has a syntax error."""
        from .load import load_python_file

        load_python_file(self.env_py_location)

    def import_scripts(self) -> None:
        """Import every revision file; warns of one that fails.

        Alembic imports all of them on every command, and some environments find their models only through them: a
        comparison has to have the same models here.
        """
        for script in self.walk_revisions():
            try:
                _ = script.module
            except CommandError as error:
                warn(str(error), code=error.code, hint=error.hint, file=error.file, line=error.line)

    def read_scripts(self) -> list[Script]:
        """The scripts of all version locations, read afresh, even where they make no valid graph.

        What a command that was killed half-way has rewritten is taken back first.
        """
        for folder in self._version_locations:
            rollback_journal.take_back(folder)
        return self._locations.scripts()

    def creates(self, kind: str, name: str, schemas: Collection[str | None]) -> bool:
        """Whether a revision creates an object outside of tables, as far as its file tells without being run.

        :param kind: ``enum``, ``domain`` or ``sequence``.
        :param schemas: the schemas that count, as a file may spell them; None where it says none.
        """
        from .created import creates

        return any(creates(script.path, kind, name, schemas) for script in self.walk_revisions())

    def _load_revisions(self) -> list[Script]:
        return self.read_scripts()

    # -- history

    def _by_id(self) -> Mapping[str, Script]:
        return cast("Mapping[str, Script]", self.revision_map.graph.nodes)

    def walk_revisions(
        self, base: str | tuple[str, ...] = "base", head: str | tuple[str, ...] = "heads"
    ) -> Iterator[Script]:
        """The revisions from ``head`` down to ``base``, both included; either may be several ids."""
        with command_errors(start=base, end=head):
            yield from cast(
                "Iterator[Script]",
                self.revision_map.iterate_revisions(head, base, inclusive=True, assert_relative_length=False),
            )

    def revisions_between(self, text: str, rows: tuple[str, ...] = ()) -> list[Script]:
        """The revisions of a range ``start:end``, both ends included, newest first; ``current`` means ``rows``."""
        from limbeck.graph.history import revisions_between

        start, _, end = text.partition(":")
        with command_errors(start=start, end=end):
            return cast("list[Script]", revisions_between(self.revision_map.graph, text, rows))

    def iterate_revisions(
        self, upper: str | tuple[str, ...] | None, lower: str | tuple[str, ...] | None, **kw: bool
    ) -> Iterator[Script]:
        """The revisions from ``upper`` down to ``lower``; keywords as those of `RevisionMap.iterate_revisions`."""
        return cast("Iterator[Script]", self.revision_map.iterate_revisions(upper, lower, **kw))

    def get_revision(self, id_: str) -> Script:
        """The script that ``id_`` stands for; raises `CommandError` where it stands for none or several.

        The whole id of a revision that a squash replaces gives that revision.
        """
        with command_errors(argument=id_, scripts=self._by_id):
            return self._replaced(id_) or cast("Script", self.revision_map.get_revision(id_))

    def get_revisions(self, id_: str | Sequence[str]) -> tuple[Script, ...]:
        """The scripts that one symbol or several stand for; raises `CommandError` where one stands for none."""
        with command_errors(scripts=self._by_id):
            names = [id_] if isinstance(id_, str) else list(id_ or ())
            replaced = {name: one for name in names if (one := self._replaced(name)) is not None}
            if not replaced:
                return cast("tuple[Script, ...]", self.revision_map.get_revisions(id_))
            found = [(replaced[one],) if one in replaced else self.revision_map.get_revisions(one) for one in names]
            return cast("tuple[Script, ...]", tuple(script for scripts in found for script in scripts))

    def _replaced(self, name: str) -> Script | None:
        """The revision with this whole id that a squash replaces."""
        known = self.revision_map.graph.nodes
        if not isinstance(name, str) or name in known:
            return None
        return cast("Script | None", self.map_at((name,)).graph.nodes.get(name))

    def get_all_current(self, id_: str | tuple[str, ...]) -> set[Script]:
        """The newest applied revision of every branch, where the rows of the version table are ``id_``."""
        from limbeck.graph.plan import effective_current

        with command_errors():
            rows = (id_,) if isinstance(id_, str) else tuple(id_)
            graph = self.map_at(rows).graph
            return {cast("Script", graph.nodes[revision]) for revision in effective_current(graph, rows)}

    def unknown(self, rows: Iterable[str]) -> tuple[str, ...]:
        """Those of ``rows``, the rows of a version table, that no revision has: the database is ahead of the code."""
        from limbeck.graph.rows import unknown_rows

        found = tuple(rows)
        return unknown_rows(self.map_at(found).graph, found)

    def known(self, rows: Iterable[str]) -> tuple[Script, ...]:
        """The scripts of ``rows``, the rows of a version table; raises `CommandError` where one has none."""
        from limbeck.graph.rows import known_rows

        found = tuple(rows)
        with command_errors():
            nodes = self.map_at(found).graph.nodes
            return tuple(cast("Script", nodes[name]) for name in known_rows(self.map_at(found).graph, found))

    def longest_id(self) -> int:
        """Length in characters of the longest revision id, 0 where there are no revisions."""
        return max((len(revision.revision) for revision in self.revision_map), default=0)

    def as_revision_number(self, id_: str) -> str | tuple[str, ...] | None:
        """A target as an id: ``head`` and ``heads`` are resolved, ``base`` is None, an id is returned as it is."""
        if id_ == "base":
            return None
        branch, at, symbol = id_.rpartition("@")
        if symbol == "heads":
            return tuple(script.revision for script in self.get_revisions(id_))
        if symbol == "head":
            return self.get_revision(id_).revision
        return symbol if at and branch else id_

    def get_current_head(self) -> str | None:
        """The only head, None where there are no revisions; raises `CommandError` where there are several."""
        with command_errors(
            several="The script directory has multiple heads (due to branching)."
            "Please use get_heads(), or merge the branches using alembic merge.",
            scripts=self._by_id,
        ):
            return self.revision_map.get_current_head()

    def get_heads(self, consider_depends_on: bool = False) -> list[str]:
        """The heads by ``down_revision``; with ``consider_depends_on`` only those on which no revision depends."""
        with command_errors():
            graph = self.revision_map.graph
            return list(graph.real_heads if consider_depends_on else graph.heads)

    def get_base(self) -> str | None:
        """The only base, None where there are no revisions; raises `CommandError` where there are several."""
        bases = self.get_bases()
        if len(bases) > 1:
            raise CommandError(
                "The script directory has multiple bases. Please use get_bases().",
                code="multiple-bases",
                hint="several revisions have no parent",
            )
        return bases[0] if bases else None

    def get_bases(self) -> list[str]:
        """The revisions without a parent."""
        with command_errors():
            return list(self.revision_map.bases)

    # -- plans

    def map_at(self, rows: tuple[str, ...]) -> RevisionMap:
        """The revisions as they are to a database: where it stands inside of a squash, with those that this replaces.

        :param rows: the rows of its version table.
        :raises CommandError: where they are no longer there.
        """
        from limbeck.graph.replaced import squashes_around, with_originals

        graph = self.revision_map.graph
        if all(row in graph.nodes for row in rows):
            return self.revision_map
        around = tuple(squashes_around(graph, rows))
        if not around:
            return self.revision_map
        if around not in self._maps_with_originals:
            from .replaced import originals

            found = {
                name: originals(cast("Script", graph.nodes[name]), strict=self.edition is not None) for name in around
            }
            self._maps_with_originals[around] = RevisionMap(lambda: with_originals(self.read_scripts(), found))
        return self._maps_with_originals[around]

    def plan_upgrade(self, target: str | tuple[str, ...], rows: tuple[str, ...]) -> Plan:
        """The plan up from ``rows``, the rows of the version table, to ``target``."""
        from limbeck.graph.plan import plan_upgrade

        with command_errors(argument=target, scripts=self._by_id):
            return plan_upgrade(self.map_at(rows).graph, rows, target)

    def skipped(self, rows: tuple[str, ...], history: Sequence[HistoryRow]) -> list[str]:
        """Ids of the revisions below ``rows``, the rows of the version table, that never ran by ``history``."""
        from limbeck.graph.ran import skipped

        with command_errors():
            return skipped(self.map_at(rows).graph, rows, history)

    def plan_skipped(
        self, skipped: Sequence[str], rows: tuple[str, ...], target: str | tuple[str, ...] | None = None
    ) -> Plan:
        """The plan that runs ``skipped`` below ``rows``, and then goes up to ``target`` where there is one."""
        from limbeck.graph.plan import plan_skipped

        with command_errors(argument=target or (), scripts=self._by_id):
            return plan_skipped(self.map_at(rows).graph, rows, skipped, target)

    def plan_downgrade(self, target: str, rows: tuple[str, ...]) -> Plan:
        """The plan down from ``rows``, the rows of the version table, to ``target``.

        Into a squash the revisions lead that it replaces, while they are kept.

        Under an edition ``-1`` from a merge point takes the merge back; in Alembic it is ambiguous.
        """
        from limbeck.graph.plan import plan_downgrade

        with command_errors(argument=target, scripts=self._by_id):
            graph = self.map_at((*rows, target)).graph
            return plan_downgrade(graph, rows, target, undo_merges=self.edition is not None)

    def plan_switch(self, rows: tuple[str, ...], wanted: Graph) -> Plan:
        """The plan down from ``rows``, the rows of the version table, to what they have in common with ``wanted``."""
        from limbeck.graph.plan import plan_switch

        with command_errors():
            return plan_switch(self.map_at(rows).graph, rows, wanted)

    def plan_stamp(self, targets: str | tuple[str, ...], rows: tuple[str, ...]) -> Plan:
        """The plan that writes ``targets`` to a version table with ``rows``."""
        from limbeck.graph.plan import plan_stamp

        several = "Multiple heads are present; please specify a single target revision"
        with command_errors(several=several, scripts=self._by_id):
            return plan_stamp(self.map_at(rows).graph, rows, targets)

    def _upgrade_revs(
        self, destination: str | tuple[str, ...], current_rev: str | Iterable[str] | None
    ) -> list[RevisionStep]:
        return self._revision_steps(self.plan_upgrade(destination, self._rows(current_rev)))

    def _downgrade_revs(self, destination: str, current_rev: str | Iterable[str] | None) -> list[RevisionStep]:
        return self._revision_steps(self.plan_downgrade(destination, self._rows(current_rev)))

    def _stamp_revs(
        self, revision: str | tuple[str, ...] | list[str], heads: str | Iterable[str] | None
    ) -> list[StampStep]:
        targets = revision if isinstance(revision, str) else tuple(revision)
        return self._stamp_steps(self.plan_stamp(targets, self._rows(heads)))

    def _rows(self, current: str | Iterable[str] | None) -> tuple[str, ...]:
        """The rows of a version table; a program may say ``base``, ``head`` or ``heads`` for them."""
        given = () if not current else (current,) if isinstance(current, str) else tuple(current)
        graph = self.revision_map.graph
        with command_errors():
            named = [ids(graph, row) if row in SYMBOLS and row not in graph.nodes else [row] for row in given]
        return tuple(row for rows in named for row in rows)

    def steps(self, plan: Plan) -> list[RevisionStep] | list[StampStep]:
        """The steps that carry out ``plan``.

        Every script is imported now, so that one that cannot be imported stops the run before its first step. Raises
        `CommandError` for such a script, and for one without the function that is to run.
        """
        return self._stamp_steps(plan) if plan.kind == "stamp" else self._revision_steps(plan)

    def lone_step(self, name: str, *, is_upgrade: bool) -> RevisionStep:
        """The step that runs a function of the revision ``name``, and leaves the version rows as they are."""
        from limbeck.graph.plan import RowChange, Step

        from .steps import RevisionStep

        ends = (self.revision_map.graph.edges.parents[name], (name,))
        start, end = ends if is_upgrade else reversed(ends)
        plan = Step("upgrade" if is_upgrade else "downgrade", name, start, end, RowChange(), is_upgrade)
        return RevisionStep(self.revision_map, self.get_revision(name), is_upgrade, plan)

    def _stamp_steps(self, plan: Plan) -> list[StampStep]:
        from .steps import StampStep

        known = self.map_at(plan.start)
        return [
            StampStep(
                step.from_revisions,
                step.to_revisions,
                step.is_upgrade,
                not (step.from_revisions and step.to_revisions),
                known,
                step,
            )
            for step in plan.steps
        ]

    def _revision_steps(self, plan: Plan) -> list[RevisionStep]:
        from .steps import RevisionStep

        known = self.map_at((*plan.start, *(row for step in plan.steps for row in step.to_revisions)))
        scripts = cast("Mapping[str, Script]", known.graph.nodes)
        steps = [RevisionStep(known, scripts[str(step.revision)], step.is_upgrade, step) for step in plan.steps]
        for step in steps:
            _ = step.migration_fn
        return steps

    # -- new revisions

    def generate_revision(
        self,
        revid: str,
        message: str | None,
        head: str | Sequence[str] | None = None,
        splice: bool = False,
        branch_labels: str | Sequence[str] | None = None,
        version_path: str | os.PathLike[str] | None = None,
        file_template: str | None = None,
        depends_on: str | Sequence[str] | None = None,
        *,
        bodies: Mapping[str, str] | None = None,
        **kw: object,
    ) -> Script:
        """Write a new revision file and return its script.

        :param revid: the id.
        :param message: first line of the docstring; default: ``empty message``.
        :param head: symbol or symbols of the parents; default: ``head``.
        :param splice: allow a parent that is not a head.
        :param branch_labels: label or labels of the new revision.
        :param version_path: the version location to write to.
        :param file_template: accepted and ignored, as the reference does.
        :param depends_on: symbols of revisions that have to be applied before.
        :param bodies: texts of objects that the script names by `op.body`, by the names of their files.
        :param kw: further variables of the template.

        Raises `CommandError` before anything is written where the revision would not fit the history, where the
        template fails, and where a post-write hook fails.
        """
        from . import generate, hooks
        from .bodies import written

        expected = generate.header_for(
            self.revision_map, revid, head=head, splice=splice, branch_labels=branch_labels, depends_on=depends_on
        )
        parents = [self.revision_map.graph.nodes[name] for name in distinct(expected.down_revision or ())]
        named = None if version_path is None else os.path.normpath(resolve(os.fspath(version_path)))
        location = generate.location_for(named, self._version_locations, parents)
        date = self._generate_create_date()
        path = self._rev_path(location, revid, message, date)
        quiet = self.messaging_opts.get("quiet", False)
        template = os.path.join(self.dir, "script.py.mako")
        with written(bodies or {}, path):
            generate.write_script(
                path,
                expected,
                message,
                date,
                kw,
                template=template,
                encoding=self.output_encoding,
                quiet=quiet,
                labels=branch_labels,
            )
        if (
            os.path.realpath(os.path.dirname(path)) != os.path.realpath(location)
            and not self.recursive_version_locations
        ):
            warn(
                f"File {path} lies in a sub-folder, where later commands will not look",
                code="file-out-of-sight",
                hint="set recursive_version_locations = true, or take the '/' out of file_template",
                file=path,
            )
        hooks.run(path, self.hooks, quiet=quiet)
        script = generate.written_script(path, revid)
        self.revision_map.add_revision(script)
        try:
            self.write_heads_file()
        except CommandError:
            os.unlink(path)
            raise
        return script

    def write_heads_file(self) -> None:
        """Write the file of the heads, where one is kept; raises `CommandError` where the system refuses."""
        if self.heads_file:
            from . import heads_file

            heads_file.write(self.version_folders[0], self.get_revisions("heads"))

    def _generate_create_date(self) -> datetime:
        from .write import create_date

        return create_date(self.timezone)

    def _rev_path(self, path: str | os.PathLike[str], rev_id: str, message: str | None, create_date: datetime) -> str:
        from .write import file_name

        name = file_name(self.file_template, rev_id, message, create_date, self.truncate_slug_length)
        return os.path.join(os.fspath(path), name)


def _number(config: Config, name: str, default: int) -> int:
    value = config.get_alembic_option(name, default)
    try:
        return int(value)
    except ValueError as error:
        raise WrongValue(
            str(error),
            code="option-not-number",
            hint=f"'{name}' is a number: write digits alone",
            file=config.config_file_name,
        ) from None


def _no_location(config: Config) -> CommandError:
    files = [file for file in (config.config_file_name, config.toml_file_name) if file]
    missing = ", ".join(file for file in files if not os.path.exists(file))
    return CommandError(
        "No 'script_location' key found in configuration.",
        code="script-location-not-set",
        hint=f"there is no {missing} here; -c names another file, `limbeck init` makes one"
        if len(files) == len(missing.split(", ")) and missing
        else "add script_location to the main section, or to [tool.limbeck] of pyproject.toml",
        file=next((file for file in files if os.path.exists(file)), None),
    )
