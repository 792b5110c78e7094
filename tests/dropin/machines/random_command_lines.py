"""Random command lines on histories that they make themselves, run by both tools in folders of their own."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from chance import Chance
from environments import make
from machine import Answer
from side_by_side import Done, Tool, normal, seen

IDS = ("a1", "b2", "c3", "d4", "e5")
LABELS = ("side", "own")
RANDOM_ID = re.compile(r"\b[0-9a-f]{12}(?=\b|_)")
WRONG = ("nothing", "x@head", "a1:b2", "a", "")


def commands(c: Chance) -> str:
    """Some commands; the first two make revisions, so that there is something to talk about."""
    made: list[str] = []
    lines = [revision(c, made), revision(c, made)]
    lines += [command(c, made) for _ in range(c.randint(3, 7))]
    return "\n".join(lines)


def run(c: Chance, *words: str | None) -> str:
    """A command; at times one word of it is missing or wrong, but for the id of a revision: files are sorted by it."""
    said = [word for word in words if word is not None]
    if c.random() < 0.06:
        place = c.choice([at for at in range(len(said)) if "--rev-id" not in said[max(at - 1, 0) : at + 1]])
        said[place : place + 1] = [] if c.random() < 0.3 else [c.choice(WRONG)]
    return c.call("run", *(repr(word) for word in said))


def revision(c: Chance, made: list[str]) -> str:
    """A command that makes a revision."""
    name = next((one for one in IDS if one not in made), None) or "f6"
    where: list[str | None] = []
    if made and c.random() < 0.5:
        where = ["--head", c.one("head", "heads", "base", c.choice(made), "side@head"), c.maybe("--splice", 0.5)]
    words = ["revision", c.maybe("--autogenerate", 0.4), "-m", c.one("one", "a longer message", "ünï", "it's"), *where]
    words += ["--rev-id", name]
    label = next((one for one in LABELS if one not in made), None)
    if label and c.random() < 0.25:
        words += ["--branch-label", label]
        made.append(label)
    if made and c.random() < 0.15:
        words += ["--depends-on", c.choice(made)]
    made.append(name)
    return run(c, *words)


def target(c: Chance, made: Sequence[str]) -> str:
    """A revision, by one of the ways to say which."""
    of = c.choice(made) if made else "a1"
    walk = c.randint(1, 2)
    return str(c.one("head", "heads", of, of, f"{of}@head", f"+{walk}", f"{of}+{walk}", c.one(*LABELS) + f"@+{walk}"))


def down(c: Chance, made: Sequence[str]) -> str:
    """Where a downgrade goes."""
    return str(c.one("base", f"-{c.randint(1, 2)}", c.choice(made or ["a1"]), "base"))


def between(c: Chance, made: Sequence[str]) -> str:
    """A range."""
    return f"{c.one('', 'base', 'current', *made)}:{c.one('', 'head', 'heads', 'current', *made)}"


def command(c: Chance, made: list[str]) -> str:
    """Any command."""
    sql = c.maybe("--sql", 0.15)
    some = {
        "upgrade": lambda: [sql, between(c, made) if sql and c.random() < 0.5 else target(c, made)],
        "downgrade": lambda: [sql, f"{c.choice(made or ['a1'])}:base" if sql else down(c, made)],
        "stamp": lambda: [sql, c.maybe("--purge", 0.2), target(c, made), c.maybe(target(c, made), 0.1)],
        "current": lambda: [c.maybe("-v"), c.maybe("--check-heads", 0.1)],
        "history": lambda: [c.maybe("-v"), c.maybe("-i"), *([f"-r{between(c, made)}"] if c.random() < 0.5 else [])],
        "heads": lambda: [c.maybe("-v"), c.maybe("--resolve-dependencies", 0.1)],
        "branches": lambda: [c.maybe("-v")],
        "show": lambda: [c.one("head", "heads", *made)],
        "check": list,
        "ensure_version": lambda: [sql],
        "merge": lambda: [c.one("heads", "heads", c.choice(made or ["a1"])), "--rev-id", f"m{len(made)}", "-m", "both"],
        "edit": lambda: [c.choice(made or ["a1"])],
    }
    weights = [6, 4, 3, 3, 3, 2, 1, 1, 2, 1, 2, 1]
    verb = c.choices(list(some), weights)[0]
    if c.random() < 0.2:
        return revision(c, made)
    before = ["-q"] if c.random() < 0.05 else ["-x", "a=b"] if c.random() < 0.05 else []
    words = some[verb]()
    if verb == "merge":
        made.append(f"m{len(made)}")
    return run(c, *before, verb, *words)


def carried_out(tool: Tool, folder: Path, examples: Sequence[str], planted: str) -> list[Answer]:
    """What a tool printed for each example, and what it left, in a new environment for each."""
    template = folder / "template"
    if not template.exists():
        make(tool, "style-1.8", template, "sqlite:///one.db")
        ini, env = template / "alembic.ini", template / "migrations" / "env.py"
        ini.write_text(ini.read_text().replace("revision_environment = true\n", ""))
        env.write_text("import os\nexec(os.environ.get('PLANTED', ''))\n" + env.read_text())
    answers = []
    for example in examples:
        place = folder / f"env{len(list(folder.iterdir()))}"
        shutil.copytree(template, place)
        printed = RANDOM_ID.sub("<id>", "\n".join(_told(tool, place, example, planted)))
        answers.append({"answer": None, "raised": None, "classes": [], "printed": printed, "warned": []})
    return answers


def _told(tool: Tool, folder: Path, example: str, planted: str) -> Iterator[str]:
    url = f"sqlite:///{folder}/one.db"
    for number, words in enumerate(spoken(example)):
        done = tool(folder, *words, MODELS=str(1 + number // 3), EDITOR="true", PLANTED=planted)
        shown = [done.out, done.err] if done.code == 0 else []
        yield "$ " + " ".join(words) + "\n" + normal(folder, url, "\n".join([f"failed: {done.code != 0}", *shown]))
    yield "$ what is left\n" + "\n".join(seen(Done(0, "", ""), folder, url))


def spoken(example: str) -> list[list[str]]:
    """The command lines of an example."""
    return [
        [word.value for word in node.value.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        for node in ast.parse(example).body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
