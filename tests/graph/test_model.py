"""Revisions, what follows from their neighbours, and the map that Alembic's callers know."""

from operator import methodcaller

import pytest
from graphs import graph, revision_map

from limbeck.graph.errors import DuplicateRevision, MissingRevision, MultipleHeads, ResolutionError
from limbeck.graph.map import RevisionMap
from limbeck.graph.revision import Revision, tuple_rev_as_scalar


@pytest.mark.parametrize(
    ("written", "kept"),
    [(None, None), ("", None), ((), None), ("a", "a"), (["a"], "a"), (("a", "b"), ("a", "b")), (("a", "a"), "a")],
)
def test_one_parent_is_kept_as_a_string_and_none_as_none(written, kept):
    assert tuple_rev_as_scalar(written) == kept
    assert Revision("x", written).down_revision == kept
    assert Revision("x", None, written).dependencies == kept


def test_a_revision_without_a_graph_knows_only_what_its_file_says():
    lonely = Revision("a", "b", "c", ("x", "y"))
    assert lonely.branch_labels == {"x", "y"}
    assert (lonely.nextrev, lonely.all_nextrev, lonely.resolved_dependencies) == (frozenset(), frozenset(), ())
    assert (lonely.is_head, lonely.is_real_head, lonely.is_base, lonely.is_merge_point) == (True, True, False, False)
    assert repr(lonely) == "Revision('a', 'b', dependencies='c', branch_labels=('x', 'y'))"


def test_heads_bases_and_points():
    """a -> b -> d;  a -> c -> d;  d -> e;  x -> y

    y depends on c, so c is a real branch point; nothing follows e or y.
    """
    g = revision_map(("a", None), ("b", "a"), ("c", "a"), ("d", ("b", "c")), ("e", "d"), ("x", None), ("y", "x", "c"))
    assert (g.heads, g.graph.real_heads) == (("e", "y"), ("e", "y"))
    assert (g.bases, g.graph.real_bases) == (("a", "x"), ("a", "x"))
    flags = {
        node.revision: "".join(
            letter
            for letter, is_so in [
                ("h", node.is_head),
                ("H", node.is_real_head),
                ("b", node.is_base),
                ("B", node.is_real_base),
                ("f", node.is_branch_point),
                ("F", node.is_real_branch_point),
                ("m", node.is_merge_point),
            ]
            if is_so
        )
        for node in g
    }
    assert flags == {"a": "bBfF", "b": "", "c": "F", "d": "m", "e": "hH", "x": "bB", "y": "hH"}


def test_a_head_that_something_depends_on_is_an_effective_head_only():
    """a -> b;  c (depends on b);  d (depends on a, no parent)"""
    g = revision_map(("a", None), ("b", "a"), ("c", None, "b"), ("d", None, "a"))
    assert g.heads == ("b", "c", "d")
    assert g.graph.real_heads == ("c", "d")
    assert g.graph.real_bases == ("a",)
    node = g.get_revision("b")
    assert node is not None
    assert (node.is_head, node.is_real_head, node.all_nextrev) == (True, False, {"c"})


def test_dependencies_are_ids_beginnings_or_labels():
    """abcd11 (label one) -> abcd22;  x depends on label one, y on a beginning, z on an id"""
    g = revision_map(
        ("abcd11", None, None, "one"),
        ("abcd22", "abcd11"),
        ("xxxx", None, "one"),
        ("yyyy", None, "abcd2"),
        ("zzzz", None, ("abcd22", "one")),
    )
    resolved = {node.revision: node.resolved_dependencies for node in g if node.dependencies}
    assert resolved == {"xxxx": ("abcd11",), "yyyy": ("abcd22",), "zzzz": ("abcd22", "abcd11")}
    assert g.get_revision("xxxx").dependencies == "one"


def test_dependencies_that_an_ancestor_declares_are_not_normal():
    """a, b;  m (a) -> n (a, b) -> o (a, b);  beside it p -> q (a)"""
    g = revision_map(
        ("a", None),
        ("b", None),
        ("m", None, "a"),
        ("n", "m", ("a", "b")),
        ("o", "n", ("a", "b")),
        ("p", None),
        ("q", "p", "a"),
    )
    normal = {node.revision: node.normal_dependencies for node in g if node.dependencies}
    assert normal == {"m": ("a",), "n": ("b",), "o": (), "q": ("a",)}
    assert g.get_revision("n").all_down_revisions == ("m", "a", "b")
    assert g.get_revision("n").normal_down_revisions == ("m", "b")


def test_a_dependency_carried_through_a_merge_is_not_normal_above_it():
    """d;  a (d) -> m;  b -> m (merge) -> n (d)"""
    g = revision_map(("d", None), ("a", None, "d"), ("b", None), ("m", ("b", "a")), ("n", "m", "d"))
    assert g.get_revision("n").normal_dependencies == ()


def labels(g: RevisionMap) -> dict[str, str]:
    return {node.revision: ",".join(sorted(node.branch_labels)) for node in g}


def test_a_label_goes_up_to_all_descendants_and_down_to_the_branch_point():
    """a -> b -> c [x] -> d;  a -> e"""
    g = revision_map(("a", None), ("b", "a"), ("c", "b", None, "x"), ("d", "c"), ("e", "a"))
    assert labels(g) == {"a": "", "b": "x", "c": "x", "d": "x", "e": ""}


def test_a_label_does_not_go_down_where_its_branch_forks_above_it():
    """a -> b [x] -> c;  b -> d"""
    g = revision_map(("a", None), ("b", "a", None, "x"), ("c", "b"), ("d", "b"))
    assert labels(g) == {"a": "", "b": "x", "c": "x", "d": "x"}


def test_a_merge_carries_labels_up_but_not_down():
    """a -> b [x] -> m;  a -> c -> m;  m -> n [y]"""
    g = revision_map(("a", None), ("b", "a", None, "x"), ("c", "a"), ("m", ("b", "c")), ("n", "m", None, "y"))
    assert labels(g) == {"a": "", "b": "x", "c": "", "m": "x", "n": "x,y"}


def test_dependents_make_branch_points_for_labels():
    """a -> b [x] -> c;  z depends on a"""
    g = revision_map(("a", None), ("b", "a", None, "x"), ("c", "b"), ("z", None, "a"))
    assert labels(g) == {"a": "", "b": "x", "c": "x", "z": ""}


def test_several_labels_on_one_line():
    """a [x] -> b [y] -> c [z]"""
    g = revision_map(("a", None, None, "x"), ("b", "a", None, "y"), ("c", "b", None, ("z", "zz")))
    assert labels(g) == {"a": "x,y,z,zz", "b": "x,y,z,zz", "c": "x,y,z,zz"}


@pytest.mark.parametrize(
    ("of_alembic", "name"),
    [
        ("_versioned_down_revisions", "parents"),
        ("_resolved_dependencies", "resolved_dependencies"),
        ("_normalized_resolved_dependencies", "normal_dependencies"),
        ("_all_down_revisions", "all_down_revisions"),
        ("_normalized_down_revisions", "normal_down_revisions"),
        ("_all_nextrev", "all_nextrev"),
        ("_is_real_head", "is_real_head"),
        ("_is_real_base", "is_real_base"),
        ("_is_real_branch_point", "is_real_branch_point"),
    ],
)
def test_alembics_names_for_facts_of_a_revision(of_alembic, name):
    """a, b;  m (a) -> n (a, b)"""
    g = revision_map(("a", None), ("b", None), ("m", None, "a"), ("n", "m", ("a", "b")))
    for node in [*g, Revision("c", ("a", "b"))]:
        assert getattr(node, of_alembic) == getattr(node, name)


@pytest.mark.parametrize(
    ("of_alembic", "expected"),
    [
        ("_real_heads", lambda a, b, c: ("b", "c")),
        ("_real_bases", lambda a, b, c: ("a",)),
        ("_revision_map", lambda a, b, c: {None: None, (): None, "a": a, "b": b, "c": c, "x": a}),
    ],
)
def test_alembics_names_for_facts_of_a_map(of_alembic, expected):
    """a [x] -> b;  c depends on a"""
    g = revision_map(("a", None, None, "x"), ("b", "a"), ("c", None, "a"))
    assert getattr(g, of_alembic) == expected(*g)


@pytest.mark.parametrize(("rows", "current"), [((), ""), ("c", "a c"), (("b", "c"), "b c")])
def test_alembics_name_for_what_is_current(rows, current):
    """a -> b;  c depends on a"""
    g = revision_map(("a", None), ("b", "a"), ("c", None, "a"))
    found = methodcaller("_get_all_current", rows)(g)
    assert sorted(node.revision for node in found) == current.split()


def test_the_generator_runs_once_and_late():
    calls = []

    def generator():
        calls.append(1)
        return [Revision("a", None)]

    g = RevisionMap(generator)
    assert calls == []
    assert (g.heads, g.bases, calls) == (("a",), ("a",), [1])


def test_an_empty_map():
    g = revision_map()
    assert (g.heads, g.bases, g.graph.real_heads, g.get_revisions("heads")) == ((), (), (), ())
    assert g.get_current_head() is None
    assert list(g.iterate_revisions("heads", "base")) == []


def test_current_head():
    """a -> b;  a -> c [x]"""
    g = revision_map(("a", None), ("b", "a"), ("c", "a", None, "x"))
    assert g.get_current_head("x") == "c"
    with pytest.raises(MultipleHeads, match="Multiple heads are present for given argument 'head'; b, c") as caught:
        g.get_current_head()
    assert (caught.value.heads, caught.value.argument) == (("b", "c"), "head")


def test_lineage():
    """a -> b -> c;  a -> d;  e depends on b"""
    g = revision_map(("a", None), ("b", "a"), ("c", "b"), ("d", "a"), ("e", None, "b"))
    everything = g.get_revisions(("a", "b", "c", "d", "e"))
    assert [node.revision for node in g.filter_for_lineage(everything, "b")] == ["a", "b", "c"]
    assert [node.revision for node in g.filter_for_lineage(everything, "b", True)] == ["a", "b", "c", "e"]
    assert g.filter_for_lineage(("a", "c", "d"), "b") == ("a", "c")
    assert g.filter_for_lineage(("a", "e"), None) == ("a", "e")


def test_add_revision():
    g = revision_map(("a", None))
    before = g.graph
    assert before.heads == ("a",)
    g.add_revision(Revision("b", "a", None, "x"))
    assert (g.heads, g.get_revision("x").revision, labels(g)) == (("b",), "b", {"a": "x", "b": "x"})
    assert (before.heads, list(before.nodes)) == (("a",), ["a"])


def test_a_graph_with_one_revision_more_is_another_graph():
    """a -> b, and then a -> c"""
    g = graph(("a", None), ("b", "a"))
    other = g.with_revision(Revision("c", "a"))
    assert (g.heads, other.heads) == (("b",), ("b", "c"))
    assert (g.child_counts, other.child_counts) == ({"a": 1}, {"a": 2})


def test_add_revision_refuses_what_reading_refuses_and_changes_nothing():
    g = revision_map(("a", None, None, "x"))
    with pytest.raises(DuplicateRevision):
        g.add_revision(Revision("a", None))
    with pytest.raises(MissingRevision):
        g.add_revision(Revision("b", "nowhere"))
    with pytest.raises(ResolutionError, match="revision b not in map"):
        g.add_revision(Revision("b", "a"), _replace=True)
    assert g.heads == ("a",)
    assert g.get_revision("a").graph is g.graph


def test_add_revision_can_replace():
    """a -> b -> c becomes a -> c, b beside it"""
    g = revision_map(("a", None), ("b", "a"), ("c", "b"))
    g.add_revision(Revision("c", "a"), _replace=True)
    assert g.heads == ("b", "c")
