"""The pipelines of how-to/ci.md: their files are as GitHub and GitLab take them, and what they run passes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from walkthrough import Walk, blocks

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "ci.md"
GITHUB, GITLAB = (each.text for each in blocks(PAGE.read_text(encoding="utf-8")) if each.language == "yaml")
COMMANDS = {
    "GitHub": [step["run"] for step in yaml.safe_load(GITHUB)["jobs"]["migrations"]["steps"] if "run" in step],
    "GitLab": yaml.safe_load(GITLAB)["migrations"]["script"],
}


@pytest.mark.parametrize(("schema", "text"), [("github-workflows", GITHUB), ("gitlab-ci", GITLAB)])
def test_it_is_what_its_schema_asks_for(schema: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yml"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", file],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def pulled(tmp_path: Path, postgresql_url: str) -> Walk:
    """What a runner has checked out: the pull request of the page, beside the main branch of its origin."""
    origin = Walk(tmp_path / "origin", {"LIMBECK_URL": "sqlite:///ci.db"})
    origin.folder.mkdir()
    followed = PAGE.read_text(encoding="utf-8").partition("What the pipeline says:")[0]
    (tmp_path / "page.md").write_text(followed, encoding="utf-8")
    origin.follow(tmp_path / "page.md")
    variables = {"LIMBECK_URL": postgresql_url, "GITHUB_BASE_REF": "main"}
    runner = Walk(tmp_path / "runner", variables)
    subprocess.run(
        ["git", "clone", "--quiet", "--branch", "drop-email", origin.folder, runner.folder],
        check=True,
        env=runner.variables,
    )
    return runner


def ran(walk: Walk, command: str) -> subprocess.CompletedProcess[str]:
    """A command as a runner carries it out: by a shell that ends with the first command that fails."""
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        check=False,
        cwd=walk.folder,
        env=walk.variables,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("service", COMMANDS)
def test_what_it_runs_passes_and_reports_the_column_that_goes(service: str, pulled: Walk) -> None:
    install, *commands = COMMANDS[service]
    assert install.startswith("pip install ")  # what is installed here is tested
    done = [ran(pulled, command) for command in commands]
    assert [each.returncode for each in done] == [0] * len(commands), [each.stderr for each in done]
    if service == "GitHub":
        assert "::warning file=migrations/versions/" in done[-1].stdout
        assert "drop-column" in done[-1].stdout
    else:
        (found,) = json.loads((pulled.folder / "quality.json").read_text(encoding="utf-8"))
        assert found["check_name"] == "drop-column"
        assert yaml.safe_load(GITLAB)["migrations"]["artifacts"]["reports"] == {"codequality": "quality.json"}


def test_it_fails_where_models_have_no_revision(pulled: Walk) -> None:
    models = pulled.folder / "shop.py"
    models.write_text(f"{models.read_text(encoding='utf-8')}    name: Mapped[str | None]\n", encoding="utf-8")
    assert COMMANDS["GitHub"][1] == COMMANDS["GitLab"][1]
    done = ran(pulled, COMMANDS["GitHub"][1])
    assert done.returncode == 1
    assert "error[differences-found]: New upgrade operations detected: [('add_column', " in done.stderr
