"""The classic comparison finds what the reference finds: equal diffs, log lines and scripts for the whole corpus.

What differs on purpose is listed in docs/differences.md; `expected` and `plain` here leave it out.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import comparing

HERE = Path(__file__).parent
WARNED = ("unnamed constraint", "This would drop")  # where ours knows the columns; the last is new
ADDRESS = re.compile(r"0x[0-9a-f]+|%\(\d+ param\)s")
IDENTITY = "existing_server_default=sa.Identity("  # without it, --sql does not know that the column has one
INDEX_TEXT = re.compile(
    r"<alembic\.util\.sqla_compat\._textual_index_element object at 0x>"
    r"|<sqlalchemy\.sql\.elements\.(?:ColumnClause at 0x; .*?|TextClause object at 0x)>"
)


def expected(said: dict[str, Any]) -> dict[str, Any]:
    """What the reference found, in the form that Limbeck gives to it on purpose."""
    text = json.dumps(said)
    text = text.replace("b %% 2", "b % 2")  # a check is rendered as it was declared
    text = text.replace("unique=1)", "unique=True)")  # SQLite's catalogue gives a number
    text = text.replace("identity column 'item.b'", "computed column 'item.b'")  # which it is
    text = re.sub(r"(ForeignKey\('[\w.]+'\)), \1", r"\1", text)  # a reflected foreign key hangs on its column once
    said = json.loads(text)
    said["log"] = [re.sub(r"^(.*Detected changed index '\w+' on '\w+'): .*", r"\1", line) for line in said["log"]]
    return said


def plain(said: dict[str, Any], tool: str) -> dict[str, Any]:
    """What a tool found, without what is arbitrary: order of sets, addresses, order of keywords, layout."""
    if "error" in said:
        return {"error": said["error"]}
    said = expected(said)
    return {
        "diffs": sorted(INDEX_TEXT.sub("<text>", ADDRESS.sub("0x", diff)) for diff in said["diffs"]),
        "log": sorted(ADDRESS.sub("0x", line).replace("alembic.ddl.", f"{tool}.dialects.") for line in said["log"]),
        "upgrade": statements(said["upgrade"]),
        "downgrade": statements(said["downgrade"]),
        "imports": [
            line for line in said["imports"] if line != "import corpus"
        ],  # types of the application are imported
        "warnings": [line for line in said["warnings"] if not any(words in line for words in WARNED)],
    }


def statements(lines: list[str]) -> list[str]:
    """The statements of a script in a form that ignores layout, sorted; of comments, those around them."""
    tree = ast.parse("\n".join(lines))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            ours = ("columns", "postgresql_using")  # in place of a name; where the reference's statement fails
            node.keywords = [
                keyword
                for keyword in node.keywords
                if keyword.arg not in ours and not ast.unparse(keyword).startswith(IDENTITY)
            ]
            node.keywords.sort(key=lambda keyword: keyword.arg or "")
        elif isinstance(node, ast.With):
            node.body.sort(key=ast.unparse)
    comments = [line for line in lines if line.startswith("# ###")]
    return sorted(ast.unparse(node) for node in tree.body) + comments


def unnamed(ours: list[str], theirs: list[str]) -> list[str]:
    """Limbeck's statements, with None for the name of a constraint where the reference knows none."""
    without = {line: re.sub(r"drop_constraint\('[^']*'", "drop_constraint(None", line) for line in ours}
    return sorted(line if line in theirs or without[line] not in theirs else without[line] for line in ours)


def differences(oracle: Path, url: str) -> list[str]:
    """Where Limbeck and the reference disagree, as lines to read."""
    command = [str(oracle), str(HERE / "comparing.py"), "alembic", url]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    ours = comparing.compare_all("limbeck", url, [])
    assert theirs.keys() == ours.keys()
    found = []
    for name, said in theirs.items():
        wanted, got = plain(said, "limbeck"), plain(ours[name], "limbeck")
        if "downgrade" in got and "downgrade" in wanted:
            wanted["downgrade"].sort()
            got["downgrade"] = unnamed(got["downgrade"], wanted["downgrade"])
        found += [
            f"{name} {key}:\n  reference {wanted.get(key)}\n  limbeck   {got.get(key)}"
            for key in sorted(wanted.keys() | got.keys())
            if wanted.get(key) != got.get(key)
        ]
    return found


def test_sqlite(oracle: Path, sqlite_url: str) -> None:
    assert differences(oracle, sqlite_url) == []


def test_postgresql(oracle: Path, postgresql_url: str) -> None:
    assert differences(oracle, postgresql_url) == []


def test_mariadb(oracle: Path, mariadb_url: str) -> None:
    assert differences(oracle, mariadb_url) == []
