"""Type checkers accept every correct call of ``op.`` and reject the wrong ones, without a stub file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = [HERE / "typing_ok.py", HERE / "typing_bad.py"]


def marked() -> set[tuple[str, int]]:
    """The lines that are wrong on purpose."""
    lines = ((path.name, *each) for path in FILES for each in enumerate(path.read_text().splitlines(), 1))
    return {(name, number) for name, number, line in lines if line.endswith("# wrong")}


def mypy() -> set[tuple[str, int]]:
    """The lines in which mypy --strict finds an error."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--output", "json", *map(str, FILES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {(Path(each["file"]).name, each["line"]) for each in found if each["severity"] == "error"}


def pyright() -> set[tuple[str, int]]:
    """The lines in which pyright finds an error."""
    program = Path(sys.executable).with_name("pyright")
    if not program.exists() or subprocess.run([program, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("pyright is not installed, or cannot fetch the node.js that it needs")
    command = [program, "--outputjson", "--pythonpath", sys.executable, *FILES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    lines = {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in found if each["severity"] == "error"
    }
    assert lines
    return lines


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers_tell_right_from_wrong(checker):
    assert sorted(checker()) == sorted(marked())


def test_there_is_no_stub_file():
    assert not list((ROOT / "src").rglob("*.pyi"))
