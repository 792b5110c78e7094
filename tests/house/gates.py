"""The invariants that no linter has a rule for, each with the list of places that do not keep it yet.

A list stands in ``lists/``, one place a line: its name, how often, and ``# why`` where it may stay. Lists only shrink:
``make gates-update`` writes them anew, moves of code included, and refuses where the sum of one would grow.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
APART = re.compile(r"limbeck/(?:templates\w*|testing)/")
"""Files that go into an environment, and tests that other packages run."""
SOURCES = tuple(path for path in sorted((ROOT / "src" / "limbeck").rglob("*.py")) if not APART.search(path.as_posix()))
PROJECT = ROOT / "pyproject.toml"
LISTS = Path(__file__).with_name("lists")
RUFF = Path(sys.executable).with_name("ruff")

Places = Mapping[str, int]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """The syntax of a file, that of annotations in quotes included."""
    found: list[ast.AST] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found.append(node)
        for field in ("annotation", "returns"):
            quoted = getattr(node, field, None)
            if isinstance(quoted, ast.Constant) and isinstance(quoted.value, str):
                found += ast.walk(ast.parse(quoted.value, mode="eval"))
    return tuple(found)


def count(asks: Callable[[ast.AST], bool], paths: Iterable[Path] = SOURCES) -> Places:
    return Counter({name(path): sum(map(asks, nodes(path))) for path in paths})


# --- what is counted ------------------------------------------------------------------------------------------------


def is_any(node: ast.AST) -> bool:
    return (isinstance(node, ast.Name) and node.id == "Any") or (isinstance(node, ast.Attribute) and node.attr == "Any")


def is_self_of_any_type(node: ast.AST) -> bool:
    return isinstance(node, ast.arg) and node.arg == "self" and node.annotation is not None and is_any(node.annotation)


def is_instance_dict(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "__dict__"


def is_hasattr(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hasattr"


def imports_a_dialect_of_sqlalchemy(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return module.startswith("sqlalchemy.dialects") or (
            module == "sqlalchemy" and any(alias.name == "dialects" for alias in node.names)
        )
    return isinstance(node, ast.Import) and any(alias.name.startswith("sqlalchemy.dialects") for alias in node.names)


def neutral_rooms() -> list[Path]:
    rooms = {"ddl", "operations", "autogenerate"}
    return [path for path in SOURCES if path.relative_to(ROOT / "src" / "limbeck").parts[0] in rooms]


SQLITE = re.compile(r"PRAGMA|sqlite_|_sqlite|[\"']sqlite[\"']")


def sqlite_words() -> Places:
    elsewhere = [path for path in SOURCES if "dialects/sqlite" not in path.as_posix()]
    return Counter({name(path): len(SQLITE.findall(path.read_text(encoding="utf-8"))) for path in elsewhere})


CITATIONS = re.compile(
    r"\b[Bb]ehaviou?r,? (?:parts? )?\d|\b[Bb]ehaviour, appendix|\b[Aa]ppendix [A-Z]\b"  # of a description
    r"|, part \d(?! of \d)"  # of one too, unless it is a revision written in parts
    r"|\b[Ff]ailures? \d?[A-Z]\d?\b|\([BGMR]\d{1,2}\b|\b1G\)"  # of a list of failures
    r"|\b[Aa]rchitecture, |(?<![/(])\barchitecture\.md|The architecture "  # of a design
    r"|\b(?:behaviour|failures|drop-in-facts|moves)\.(?:md|txt)|\b(?:shared|design)/"
    r"|\bof issue \d|, issue \d"  # of a tracker
)


def prose() -> list[Path]:
    """Every text of the repository but this one."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    paths = [ROOT / line for line in listed if not line.startswith("tests/house/")]
    return [path for path in paths if path.is_file()]


def citations() -> Places:
    return Counter({name(path): len(CITATIONS.findall(path.read_text(encoding="utf-8"))) for path in prose()})


PRIVATE_WORDS = re.compile(
    r"\bstretch(?:es)?\b|\bin[_ ]flight\b"  # group commit, pipeline
    r"|\bglanc|surely_same|\bsteps? aside\b|\bstep_aside|\bstepp\w+ aside\b"  # unchanged, suspend
    r"|told_types|\bunsaid\b|chosen_name|given_names|shapes_of|beside_tables|\b_?Shelf\b"
    r"|\bWish\b|reword|\b[Ss]omebody\b|\b[Nn]obody knows\b|\bhas behind\b|\b[Ww]hoever\b"
)
SIDES = re.compile(r"\b(?:ours|theirs)\b")


def private_words() -> Places:
    """Tests say ``ours`` of what Limbeck does beside the reference; in the sources it is a side of a comparison."""
    found: Counter[str] = Counter()
    for path in prose():
        text = path.read_text(encoding="utf-8")
        sides = SIDES.findall(text) if path in SOURCES else []
        found[name(path)] = len(PRIVATE_WORDS.findall(text)) + len(sides)
    return found


def circles(imports: Mapping[str, Iterable[str]] | None = None) -> Places:
    """Modules that import each other, by whatever way round, imports for type checkers included.

    :param imports: module to those that it imports; None for Limbeck's.
    """
    graph = {module: set(those) for module, those in (imports or _imports()).items()}
    while leaves := {module for module, those in graph.items() if not those & graph.keys()}:
        graph = {module: those for module, those in graph.items() if module not in leaves}
    while roots := graph.keys() - {imported for those in graph.values() for imported in those}:
        graph = {module: those for module, those in graph.items() if module not in roots}
    return Counter(module for module in graph if module in _reached(graph, module))


@cache
def _imports() -> Mapping[str, Iterable[str]]:
    import grimp

    graph = grimp.build_graph("limbeck", exclude_type_checking_imports=False, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def _reached(graph: Mapping[str, Iterable[str]], start: str) -> set[str]:
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        new = set(graph.get(ahead.pop(), ())) - reached
        reached |= new
        ahead += new
    return reached


# --- lists ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gate:
    """An invariant: ``found`` says where it is not kept, the list of the same name where it need not be yet."""

    title: str
    rule: str
    found: Callable[[], Places]

    @property
    def path(self) -> Path:
        return LISTS / f"{self.title}.txt"

    def places(self) -> dict[str, int]:
        return {place: times for place, times in sorted(self.found().items()) if times}

    def listed(self) -> tuple[dict[str, int], dict[str, str]]:
        """Places with their numbers, and with their reasons. Of a place that a merge left twice, the larger number."""
        numbers: dict[str, int] = {}
        reasons: dict[str, str] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines():
            entry, _, reason = line.partition("#")
            if entry.strip():
                place, times = entry.split()
                numbers[place] = max(int(times), numbers.get(place, 0))
                reasons[place] = reason.strip() or reasons.get(place, "")
        return numbers, reasons

    def differences(self) -> list[str]:
        listed, _ = self.listed()
        places = self.places()
        return [
            f"{place}: {places.get(place, 0)}, the list says {listed.get(place, 0)}"
            for place in sorted(listed.keys() | places.keys())
            if places.get(place, 0) != listed.get(place, 0)
        ]

    def update(self) -> list[str]:
        """Write the list anew, unless its sum would grow; then return what differs."""
        listed, reasons = self.listed() if self.path.exists() else (self.places(), {})
        places = self.places()
        if sum(places.values()) > sum(listed.values()):
            return self.differences()
        lines = [
            f"{place} {times}{f'  # {reasons[place]}' if reasons.get(place) else ''}\n"
            for place, times in places.items()
        ]
        self.path.write_text("".join(lines), encoding="utf-8")
        return []


GATES = (
    Gate("any", "`Any` is written no more often than today", lambda: count(is_any)),
    Gate("self_any", "self has its type", lambda: count(is_self_of_any_type)),
    Gate("instance_dict", "no state in another object's __dict__", lambda: count(is_instance_dict)),
    Gate("hasattr", "a Protocol says what is asked for, not hasattr", lambda: count(is_hasattr)),
    Gate(
        "sqlalchemy_dialects",
        "ddl, operations and autogenerate know no database",
        lambda: count(imports_a_dialect_of_sqlalchemy, neutral_rooms()),
    ),
    Gate("sqlite", "no word of SQLite outside its dialect", sqlite_words),
    Gate("citations", "no citation of a text that the repository does not hold", citations),
    Gate("words", "a word of the field, as docs/architecture.md has them, in place of a private one", private_words),
    Gate("circles", "no module imports itself by way of others", circles),
)


# --- ruff's private-member-access, allowed by file in pyproject.toml -------------------------------------------------


def private_access_allowed() -> set[str]:
    """The files that may reach into private parts of others."""
    ruff = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    return {pattern for pattern, rules in ruff["per-file-ignores"].items() if "SLF001" in rules}


def private_access() -> set[str]:
    """The files that do."""
    said = subprocess.run(
        [str(RUFF), "check", "--isolated", "--select", "SLF001", "--output-format", "json", "--exit-zero", "--no-cache",
         "src", "tests", "benchmarks", "examples", "compat"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return {name(Path(found["filename"])) for found in json.loads(said)}


def private_access_unneeded() -> set[str]:
    """The patterns of files that may, and of which none does."""
    files = private_access()
    return {pattern for pattern in private_access_allowed() if not any(fnmatchcase(file, pattern) for file in files)}


def update_project() -> None:
    """Take out of pyproject.toml the exceptions that are no longer needed."""
    files = private_access_unneeded()
    lines = PROJECT.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not any(line.startswith(f'"{path}" = ["SLF001"]') for path in files)]
    PROJECT.write_text("".join(kept), encoding="utf-8")


def main() -> int:
    update_project()
    failures = 0
    for gate in GATES:
        if grown := gate.update():
            failures += 1
            print(f"{gate.rule}: more than lists/{gate.title}.txt allows", *grown, sep="\n  ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
