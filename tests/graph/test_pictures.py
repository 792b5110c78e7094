"""Pictures of the history are taken by the tools that they are for, and mean the same to them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from graphs import Spec, specs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from picturing import pictured

from limbeck.results import GraphResult
from limbeck.show.graph import lines
from limbeck.show.graph.svg import svg

some = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
ROW, MARGIN, LANE = 24, 16, 16
SVG = "{http://www.w3.org/2000/svg}"
NASTY = st.text(max_size=20) | st.sampled_from(
    [
        'say "hello"',
        "it's",
        "100 %% {sure}; #quot; }%%",
        "a\\b\\",
        "two\nlines",
        "<b>&amp;</b>",
        "\x00\x1b[31m",
        "表を作る",
    ]
)


def drawn(found: GraphResult, format: str) -> str:
    return "\n".join(lines(found, format))


def test_what_mermaid_is_given() -> None:
    """
    a - b - d     r [rates] - s, r depends on b
     `- c -'
    """
    found = pictured(
        ("a1",), ("b1", "a1"), ("c1", "a1"), ("d1", ("b1", "c1"), "r1"), ("r1", None, "b1", "rates"), ("s1", "r1"),
        rows=[["r1"]],
    )  # fmt: skip
    assert (
        drawn(found, "mermaid")
        == """\
%%{init: {"gitGraph": {"mainBranchName": "a1"}}}%%
gitGraph
  commit id: "a1"
  branch "c1"
  checkout "a1"
  commit id: "b1"
  branch "rates"
  commit id: "r1" tag: "rates, current, depends on b1" type: HIGHLIGHT
  commit id: "s1" tag: "rates, head" type: REVERSE
  checkout "c1"
  commit id: "c1" type: REVERSE
  checkout "a1"
  cherry-pick id: "r1" tag: "depends on r1"
  merge "c1" id: "d1" tag: "head" type: REVERSE"""
    )


@some
@given(specs(size=14), st.data())
def test_mermaid_finds_the_edges(drawing_tools, made: list[Spec], data: st.DataObject) -> None:
    """Each revision is a commit on top of its parents; what it depends on is picked before it, or it begins there."""
    docs = data.draw(st.lists(NASTY, min_size=len(made), max_size=len(made)))
    found = pictured(*made, rows=data.draw(st.sampled_from([[], [[]]])), docs=docs)
    read = drawing_tools.read("gitGraph", drawn(found, "mermaid"))
    commits = {commit["id"]: commit for commit in read["commits"]}
    own = {name.split()[0]: name for name in commits}  # of a merge in parts the last
    assert read["type"] == "gitGraph"
    for row in found.rows:
        commit = commits[own[row.revision.revision]]
        parents = {line.revision for line in row.lines if line.kind == "parent"}
        depends = {line.revision for line in row.lines if line.kind == "dependency"}
        told = {one for one in depends if any(f"depends on {one}" in tag for tag in commit["tags"])}
        assert parents <= _below(commit, commits, own)
        assert depends <= _below(commit, commits, own) | told
        assert _below(commit, commits, own) <= parents | depends


def _below(commit: dict[str, Any], commits: dict[str, dict[str, Any]], own: dict[str, str]) -> set[str]:
    """The revisions that a commit stands on: by itself, by parts of a merge, and by what was picked before it."""
    found = set()
    pending = list(commit["parents"])
    while pending:
        name = pending.pop()
        if own.get(name.split()[0]) == name and "-" not in name.split()[0]:
            found.add(name.split()[0])
        else:
            pending += commits[name]["parents"]
    return found


@some
@given(specs(size=14), st.data())
def test_graphviz_finds_the_edges(graphviz, made: list[Spec], data: st.DataObject) -> None:
    docs = data.draw(st.lists(NASTY, min_size=len(made), max_size=len(made)))
    found = pictured(*made, docs=docs)
    read = graphviz(drawn(found, "dot"))
    name = {one["_gvid"]: one["name"] for one in read["objects"]}
    dashed = {True: "dependency", False: "parent"}
    assert sorted(name.values()) == sorted(row.revision.revision for row in found.rows)
    assert {
        (name[one["head"]], name[one["tail"]], dashed[one.get("style") == "dashed"]) for one in read.get("edges", ())
    } == {(row.revision.revision, line.revision, line.kind) for row in found.rows for line in row.lines}


@some
@given(specs(size=14), st.data())
def test_a_renderer_of_svg_puts_ink_where_revisions_are(drawing_tools, made: list[Spec], data: st.DataObject) -> None:
    docs = data.draw(st.lists(NASTY, min_size=len(made), max_size=len(made)))
    text = "\n".join(svg(pictured(*made, docs=docs)))
    circles = list(ET.fromstring(text).iter(f"{SVG}circle"))  # noqa: S314 our own text
    points = [[int(one.get("cx", "")), int(one.get("cy", ""))] for one in circles]
    assert len(points) == len({tuple(point) for point in points}) == len(made)
    read = drawing_tools.read("svg", {"text": text, "points": [*points, [1, 1]]})
    *inked, corner = read["colours"]
    assert corner == [255, 255, 255]
    assert all(colour != corner for colour in inked)
