"""What can be wrong in the files: each fault has an error of its own that names the files concerned."""

import pytest
from graphs import revision_map

from limbeck.errors import CommandError
from limbeck.graph import errors
from limbeck.graph.map import RevisionMap
from limbeck.graph.revision import Revision


@pytest.mark.parametrize(
    ("specs", "kind", "code", "text", "file"),
    [
        pytest.param(
            [("a", None), ("b", "gone")],
            errors.MissingRevision,
            "missing-revision",
            "Revision gone referenced from b (down_revision) is not present",
            "versions/b.py",
            id="missing parent",
        ),
        pytest.param(
            [("abcd1", None), ("b", None, "gone")],
            errors.MissingRevision,
            "missing-revision",
            "Revision gone referenced from b (depends_on) is not present",
            "versions/b.py",
            id="missing dependency",
        ),
        pytest.param(
            [("abcd1", None), ("abcd2", None), ("b", None, "abcd")],
            errors.MissingRevision,
            "missing-revision",
            "Revision abcd referenced from b (depends_on) is not present",
            "versions/b.py",
            id="ambiguous dependency",
        ),
        pytest.param(
            [("a", "c"), ("b", "a"), ("c", "b"), ("d", "c"), ("e", None)],
            errors.CycleDetected,
            "cycle",
            "Cycle is detected in revisions (a, b, c)",
            "versions/a.py",
            id="cycle below a head",
        ),
        pytest.param(
            [("a", "b"), ("b", "a")],
            errors.CycleDetected,
            "cycle",
            "Cycle is detected in revisions (a, b)",
            "versions/a.py",
            id="nothing but a cycle",
        ),
        pytest.param(
            [("a", None), ("b", ("a", "b"))],
            errors.LoopDetected,
            "loop",
            "Self-loop is detected in revisions (b)",
            "versions/b.py",
            id="its own parent",
        ),
        pytest.param(
            [("a", None, "c"), ("b", "a"), ("c", "b")],
            errors.DependencyCycleDetected,
            "dependency-cycle",
            "Dependency cycle is detected in revisions (a, b, c)",
            "versions/a.py",
            id="dependency cycle",
        ),
        pytest.param(
            [("a", None, "a")],
            errors.DependencyLoopDetected,
            "dependency-loop",
            "Dependency self-loop is detected in revisions (a)",
            "versions/a.py",
            id="depends on itself",
        ),
        pytest.param(
            [("a", None, None, "x"), ("b", "a", None, "x")],
            errors.DuplicateLabel,
            "duplicate-label",
            "Branch name 'x' in revision b already used by revision a",
            "versions/b.py",
            id="label used twice",
        ),
        pytest.param(
            [("a", None, None, "b"), ("b", "a")],
            errors.DuplicateLabel,
            "duplicate-label",
            "Branch name 'b' in revision a already used by revision b",
            "versions/a.py",
            id="label is an id",
        ),
        pytest.param(
            [("a:1", None)],
            errors.IllegalRevision,
            "illegal-revision-id",
            "Character(s) ':' not allowed in revision identifier 'a:1'",
            "versions/a:1.py",
            id="illegal id",
        ),
        pytest.param(
            [("a@b+c", None)],
            errors.IllegalRevision,
            "illegal-revision-id",
            "Character(s) '+, @' not allowed in revision identifier 'a@b+c'",
            "versions/a@b+c.py",
            id="several illegal characters",
        ),
        pytest.param(
            [("a", None), ("a", None)],
            errors.DuplicateRevision,
            "duplicate-revision",
            "Revision a is present more than once: versions/a.py and elsewhere/a.py",
            "elsewhere/a.py",
            id="one id in two files",
        ),
    ],
)
def test_fault(specs, kind, code, text, file):
    revisions = [Revision(*spec) for spec in specs]
    for number, revision in enumerate(revisions):
        twice = any(other.revision == revision.revision for other in revisions[:number])
        revision.path = f"{'elsewhere' if twice else 'versions'}/{revision.revision}.py"
    g = RevisionMap(lambda: revisions)
    with pytest.raises(kind) as caught:
        g.graph.check()
    error = caught.value
    assert type(error) is kind
    assert isinstance(error, errors.RevisionError)
    assert isinstance(error, CommandError)
    assert (error.code, str(error), error.file) == (code, text, file)
    assert error.hint


@pytest.mark.parametrize("specs", [[("a", "b"), ("b", "a")], [("a", None), ("b", "gone")], [("a", None, "a")]])
@pytest.mark.parametrize(
    "ask",
    [
        lambda g: [node.is_real_head for node in g.get_revisions("heads")],
        lambda g: g.graph.real_heads,
        lambda g: list(g.iterate_revisions("heads", "base")),
    ],
)
def test_every_question_to_a_broken_graph_is_answered_by_a_command_error(specs, ask):
    with pytest.raises(errors.RevisionError):
        ask(revision_map(*specs))


def test_one_file_seen_twice_is_one_revision():
    first, again = Revision("a", None), Revision("a", None)
    first.path = again.path = "versions/a.py"
    assert RevisionMap(lambda: [first, again]).heads == ("a",)


def test_two_revisions_without_files_are_two():
    with pytest.raises(errors.DuplicateRevision, match="Revision a is present more than once"):
        RevisionMap(lambda: [Revision("a", None), Revision("a", None)]).heads  # noqa: B018 asked for its checks


def test_a_missing_parent_names_near_ones():
    with pytest.raises(errors.MissingRevision) as caught:
        revision_map(("abcdef123456", None), ("b", "abcdef123465")).heads  # noqa: B018 asked for its checks
    assert caught.value.hint == "add the file of abcdef123465, or correct down_revision; near: 'abcdef123456'."


def test_a_cycle_names_its_files():
    with pytest.raises(errors.CycleDetected) as caught:
        revision_map(("a", "b"), ("b", "a"), ("c", "b")).heads  # noqa: B018 asked for its checks
    assert caught.value.hint == "correct down_revision in one of versions/a.py, versions/b.py."
    assert caught.value.revisions == ["a", "b"]


def test_attributes_of_the_documented_errors():
    error = errors.RangeNotAncestorError("a", None)
    assert (str(error), error.lower, error.upper) == ("Revision a is not an ancestor of revision base", "a", None)
    assert errors.ResolutionError("text", "arg").argument == "arg"
    assert errors.MultipleHeads(["a", "b"], "head").heads == ("a", "b")
