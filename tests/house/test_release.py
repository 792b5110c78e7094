"""What a release is made of: one version, a changelog that begins with it, a workflow and forms for GitHub."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from limbeck import __version__

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
CHANGELOG = ROOT / "CHANGELOG.md"


def test_the_version_stands_once() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in [ROOT / "pyproject.toml", *(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
        if f'"{__version__}"' in path.read_text(encoding="utf-8")
    ]
    assert found == ["src/limbeck/version.py"]


def test_the_changelog_begins_with_the_version() -> None:
    """``towncrier build`` writes it, of the newsfragments."""
    first = re.search(r"^# Limbeck (\S+) \(\d{4}-\d\d-\d\d\)$", CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert first is not None
    assert first[1] == __version__


def test_newsfragments_have_names_that_towncrier_reads() -> None:
    """Others are left out without a word."""
    named = re.compile(r"\d+\.(?:feature|bugfix|doc|removal|misc)(?:\.\d+)?\.md|\.gitignore")
    assert [path.name for path in (ROOT / "newsfragments").iterdir() if not named.fullmatch(path.name)] == []


FORMS = sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml"))


@pytest.mark.parametrize("path", [*FORMS, *sorted(GITHUB.glob("workflows/*.yml"))], ids=lambda path: path.name)
def test_github_understands_it(path: Path) -> None:
    """By the schemas that check-jsonschema has of schemastore.org."""
    kind = "workflows" if path not in FORMS else "issue-config" if path.name == "config.yml" else "issue-forms"
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.github-{kind}", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_only_the_job_that_publishes_can_ask_for_a_token() -> None:
    workflow = yaml.safe_load((GITHUB / "workflows" / "release.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    rights = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    assert {name for name, right in rights.items() if "id-token" in right} == {"publish"}
    assert "secrets." not in (GITHUB / "workflows" / "release.yml").read_text(encoding="utf-8")
