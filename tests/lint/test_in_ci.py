"""The hook for pre-commit and the action for GitHub, as pre-commit and a runner carry them out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from reviewing import Reviewed

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION = ROOT / "action.yml"
RENAME = 'op.rename_table("p", "q")'
ALLOWED = f"# limbeck: allow(rename-table): nobody reads it\n{RENAME}"
FINE = 'op.create_table("fine", sa.Column("id", sa.Integer, primary_key=True))'


def run(where: Path, *words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    ada = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in ADA.items()}
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_"))}
    env |= {"PATH": path, **ada, **environment}
    return subprocess.run([*words], cwd=where, env=env, capture_output=True, text=True, check=False)


ADA = {"NAME": "Ada", "EMAIL": "ada@example.org"}


def done(where: Path, *words: str) -> None:
    result = run(where, *words)
    assert result.returncode == 0, result.stderr


@pytest.fixture
def place(tmp_path: Path) -> Reviewed:
    """A repository whose branch main has one revision."""
    root = tmp_path / "project"
    root.mkdir()
    place = Reviewed(root, f"sqlite:///{root / 'shop.db'}")
    place.config()
    place.write(RENAME)
    (root / ".gitignore").write_text("shop.db\n__pycache__\n")
    done(root, "git", "init", "-q", "--initial-branch=main")
    done(root, "git", "add", ".")
    done(root, "git", "commit", "-qm", "first")
    return place


# --- pre-commit -------------------------------------------------------------------------------------------------------


def test_the_hooks_are_valid() -> None:
    done(ROOT, "pre-commit", "validate-manifest", str(HOOKS))


@pytest.fixture
def hooked(place: Reviewed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reviewed:
    """The repository with the hook of this one, which pre-commit clones."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    here = tmp_path / "limbeck"
    here.mkdir()
    shutil.copy(HOOKS, here)
    done(here, "git", "init", "-q")
    done(here, "git", "add", ".")
    done(here, "git", "commit", "-qm", "hooks")
    done(here, "git", "tag", "v1")
    (place.root / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {here}\n    rev: v1\n    hooks: [{{id: limbeck-lint}}]\n"
    )
    done(place.root, "git", "add", ".")
    done(place.root, "git", "commit", "-qm", "hook", "--no-verify")
    done(place.root, "pre-commit", "install")
    return place


def test_a_commit_with_an_error_is_refused(hooked: Reviewed) -> None:
    hooked.write(RENAME, RENAME)
    done(hooked.root, "git", "add", ".")
    refused = run(hooked.root, "git", "commit", "-m", "second")
    said = refused.stdout + refused.stderr
    assert refused.returncode == 1
    assert re.findall(r"^m/versions/(\S+): error\[rename-table\]", said, re.MULTILINE) == ["a1_.py:10"]
    hooked.write(RENAME, ALLOWED)
    done(hooked.root, "git", "add", ".")
    committed = run(hooked.root, "git", "commit", "-m", "second")
    assert committed.returncode == 0, committed.stdout
    assert re.search(r"^limbeck lint\.+Passed$", committed.stdout + committed.stderr, re.MULTILINE)


def test_a_commit_without_python_is_not_reviewed(hooked: Reviewed) -> None:
    (hooked.root / "README").write_text("words")
    done(hooked.root, "git", "add", ".")
    committed = run(hooked.root, "git", "commit", "-m", "words")
    said = committed.stdout + committed.stderr
    assert re.search(r"^limbeck lint\.+\(no files to check\)Skipped$", said, re.MULTILINE)


# --- GitHub -----------------------------------------------------------------------------------------------------------


def test_the_action_is_valid() -> None:
    """By the schema that check-jsonschema has of schemastore.org."""
    done(ROOT, "check-jsonschema", "--builtin-schema", "vendor.github-actions", str(ACTION))


def action(repository: Path, inputs: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Carry out the steps as a runner does; the last one, or the one that failed."""
    described: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    assert set(inputs) <= set(described["inputs"])
    values = {name: str(one["default"]) for name, one in described["inputs"].items()} | inputs

    def filled(text: str) -> str:
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: values[match[1]], text)

    last = None
    for step in described["runs"]["steps"]:
        condition = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) != '' \}\}", step.get("if", ""))
        if condition and not values[condition[1]]:
            continue
        assert "${{" not in step["run"], "a value in a script is read as shell"
        script = repository.parent / "step.sh"
        script.write_text(step["run"])
        given = {name: filled(value) for name, value in step.get("env", {}).items()}
        where = repository / filled(step.get("working-directory", "."))
        words = ("bash", "--noprofile", "--norc", "-eo", "pipefail", script)
        last = run(where, *words, **given, GITHUB_WORKSPACE=str(repository), **environment)
        if last.returncode:
            break
    assert last is not None
    return last


ANNOTATION = re.compile(r"^::(\w+) file=([^,]+),line=(\d+),title=([\w-]+)::", re.MULTILINE)


@pytest.fixture
def pull(place: Reviewed) -> Reviewed:
    """A branch with two revisions more."""
    done(place.root, "git", "update-ref", "refs/remotes/origin/main", "HEAD")
    done(place.root, "git", "checkout", "-q", "-b", "more")
    place.write(RENAME, FINE, f"pass\n{RENAME}\nop.execute('DROP TABLE r')")
    return place


@pytest.mark.parametrize(
    ("inputs", "base", "code", "annotated"),
    [
        ({}, "main", 1, ["error a2_.py:11", "warning a2_.py:12"]),
        ({"since": "main"}, "", 1, ["error a2_.py:11", "warning a2_.py:12"]),
        ({}, "", 1, ["error a0_.py:10", "error a2_.py:11", "warning a2_.py:12"]),
        ({"range": "a1"}, "main", 0, []),
        ({"range": "a0"}, "main", 1, ["error a0_.py:10"]),
        ({"range": "a1:", "fail-on": "info"}, "main", 1, ["error a2_.py:11", "warning a2_.py:12"]),
        ({"command": f"{sys.executable} -m limbeck"}, "main", 1, ["error a2_.py:11", "warning a2_.py:12"]),
        ({"config": "alembic.ini"}, "main", 1, ["error a2_.py:11", "warning a2_.py:12"]),
        ({"working-directory": "m", "config": "../alembic.ini"}, "main", 1, ["error a2_.py:11", "warning a2_.py:12"]),
    ],
)
def test_the_action(pull: Reviewed, inputs: dict[str, str], base: str, code: int, annotated: list[str]) -> None:
    result = action(pull.root, inputs, GITHUB_BASE_REF=base)
    assert result.returncode == code, result.stderr
    found = ANNOTATION.findall(result.stdout)
    assert [f"{severity} {Path(file).name}:{line}" for severity, file, line, _ in found] == annotated
    for _, file, line, rule in found:
        written = (pull.root / file).read_text().splitlines()[int(line) - 1]
        assert {"rename-table": "rename_table", "drop-table": "DROP TABLE"}[rule] in written


def test_an_input_is_no_shell(pull: Reviewed) -> None:
    result = action(pull.root, {"range": "a1; touch made", "since": "$(touch made)"})
    assert result.returncode == 3
    assert not (pull.root / "made").exists()


@pytest.mark.campaign
def test_the_action_installs(pull: Reviewed, tmp_path: Path) -> None:
    """Into an environment of its own, from PyPI but for Limbeck itself."""
    done(tmp_path, sys.executable, "-m", "venv", "venv")
    own = {"PATH": f"{tmp_path / 'venv' / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": ""}
    result = action(pull.root, {"install": f"{ROOT}[lint]"}, GITHUB_BASE_REF="main", **own)
    assert ANNOTATION.findall(result.stdout)[0][3] == "rename-table", result.stderr
