"""The grammar of targets, and the revisions that each form means."""

import pytest
from graphs import revision_map

from limbeck.graph import errors
from limbeck.graph.target import Range, Target, parse, parse_range


@pytest.mark.parametrize(
    ("text", "branch", "symbol", "walk"),
    [
        ("ae1027a6acf", None, "ae1027a6acf", None),
        ("head", None, "head", None),
        ("heads", None, "heads", None),
        ("base", None, "base", None),
        ("current", None, "current", None),
        ("+1", None, None, 1),
        ("-12", None, None, -12),
        ("ae10+2", None, "ae10", 2),
        ("head-2", None, "head", -2),
        ("cart@head", "cart", "head", None),
        ("cart@heads", "cart", "heads", None),
        ("cart@base", "cart", "base", None),
        ("cart@+1", "cart", None, 1),
        ("cart@-1", "cart", None, -1),
        ("cart@ae10-2", "cart", "ae10", -2),
        ("ae10@head", "ae10", "head", None),
        ("shopping-cart", None, "shopping-cart", None),
        ("shopping-cart@head-1", "shopping-cart", "head", -1),
        ("with space", None, "with space", None),
    ],
)
def test_forms(text, branch, symbol, walk):
    assert parse(text) == Target(text, branch, symbol, walk)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("", "Nothing stands where a name is expected in ''"),
        ("@head", "Nothing stands where a name is expected in '@head'"),
        ("cart@", "Nothing stands where a name is expected in 'cart@'"),
        ("+", "'+' in '+' is not a number of steps"),
        ("-", "'-' in '-' is not a number of steps"),
        ("head-", "'-' in 'head-' is not a number of steps"),
        ("ae10+1junk", "'+1junk' in 'ae10+1junk' is not a number of steps"),
        ("+1 ", "'+1 ' in '+1 ' is not a number of steps"),
        ("ae10+1+1", "'+1' in 'ae10+1+1' is not a number of steps"),
        ("ae10+1-1", "'-1' in 'ae10+1-1' is not a number of steps"),
        ("cart@+x", "'+x' in 'cart@+x' is not a number of steps"),
        ("-2x", "'-2x' in '-2x' is not a number of steps"),
        ("a:b", "A range is not a target: 'a:b'"),
    ],
)
def test_junk(text, fact):
    with pytest.raises(errors.TargetSyntaxError) as caught:
        parse(text)
    assert (str(caught.value), caught.value.code) == (fact, "target-syntax")
    assert caught.value.hint


def test_a_target_is_text():
    with pytest.raises(
        errors.TargetSyntaxError, match="revision identifier 17 is not a string; ensure database driver"
    ):
        parse(17)


@pytest.mark.parametrize(
    ("text", "start", "end"), [("a:b", "a", "b"), (":b", None, "b"), ("a:", "a", None), (":", None, None)]
)
def test_ranges(text, start, end):
    assert parse_range(text) == Range(start and parse(start), end and parse(end))


@pytest.mark.parametrize("text", ["a", "", "a:b:c"])
def test_no_ranges(text):
    with pytest.raises(
        errors.TargetSyntaxError, match=r"History range requires \[start\]:\[end\], \[start\]:, or :\[end\]"
    ):
        parse_range(text)


@pytest.fixture
def g():
    """1975ea -> 27c6a3 [cart] -> d747a8;  1975ea -> ae1027;  3cac04 [net] -> 29f859 (depends on ae1027)

    The last one is a head and the only one of its branch; ae1027 is an effective head.
    """
    return revision_map(
        ("1975ea", None),
        ("27c6a3", "1975ea", None, "cart"),
        ("29f859", "3cac04", "ae1027"),
        ("3cac04", None, None, "net"),
        ("ae1027", "1975ea"),
        ("d747a8", "27c6a3"),
        ("xyz", None),
    )


@pytest.mark.parametrize(
    ("target", "ids"),
    [
        ("1975ea", ["1975ea"]),
        ("1", ["1975ea"]),
        ("27c", ["27c6a3"]),
        ("cart", ["27c6a3"]),
        ("car", ["27c6a3"]),
        ("xyz", ["xyz"]),
        ("heads", ["29f859", "d747a8", "xyz"]),
        ("base", []),
        ("cart@head", ["d747a8"]),
        ("cart@heads", ["d747a8"]),
        ("1975ea@heads", ["ae1027", "d747a8"]),
        ("cart@base", []),
        ("cart@1975", ["1975ea"]),
        ("cart@d", ["d747a8"]),
        ("27c@d7", ["d747a8"]),
        ("net@2", ["29f859"]),
        ("head@base", "No such branch: 'head'"),
        ("d747a8-1", ["27c6a3"]),
        ("d747a8-2", ["1975ea"]),
        ("d747a8-3", []),
        ("cart@head-1", ["27c6a3"]),
        ("cart@base+2", ["27c6a3"]),
        ("27c+1", ["d747a8"]),
        ("net@-1", ["3cac04"]),
        (None, []),
        ((), []),
        (["cart", "net@head"], ["27c6a3", "29f859"]),
    ],
)
def test_names(g, target, ids):
    if isinstance(ids, str):
        with pytest.raises(errors.ResolutionError, match=ids):
            g.get_revisions(target)
    else:
        assert [node.revision for node in g.get_revisions(target)] == ids


@pytest.mark.parametrize(
    ("target", "code", "fact"),
    [
        ("nope", "unknown-revision", "No such revision or branch 'nope'"),
        (
            "zz",
            "unknown-revision",
            (
                "No such revision or branch 'zz'; please ensure at least four characters are present "
                "for partial revision identifier matches"
            ),
        ),
        ("2", "ambiguous-revision", "Multiple revisions start with '2': '27c6a3', '29f859'"),
        ("nope@head", "unknown-branch", "No such branch: 'nope'"),
        ("net@d747a8", "not-on-branch", "Revision d747a8 is not a member of branch 'net'"),
        ("net@d7", "not-on-branch", "Revision d747a8 is not a member of branch 'net'"),
        ("cart@zzzz", "unknown-revision", "No such revision or branch 'zzzz'"),
        ("current", "unknown-revision", "No such revision or branch 'current'"),
        ("xy", "unknown-revision", None),
        ("head", "multiple-heads", "Multiple heads are present for given argument 'head'; 29f859, ae1027, d747a8, xyz"),
        (
            "1975ea@head",
            "multiple-heads",
            "Multiple heads are present for given argument '1975ea@head'; ae1027, d747a8",
        ),
        ("heads+1", "multiple-heads", "Multiple heads are present for given argument 'heads+1'; 29f859, d747a8, xyz"),
        ("+1", "walked-too-far", "Relative revision +1 didn't produce 1 migrations"),
    ],
)
def test_names_that_name_nothing(g, target, code, fact):
    with pytest.raises(errors.RevisionError) as caught:
        g.get_revisions(target)
    assert caught.value.code == code
    assert fact is None or str(caught.value) == fact
    assert caught.value.hint


def test_only_one_is_asked_for(g):
    assert g.get_revision("cart").revision == "27c6a3"
    assert g.get_revision("base") is None
    assert g.get_revision(None) is None
    with pytest.raises(errors.MultipleHeads):
        g.get_revision("heads")


def test_a_name_almost_right_is_suggested(g):
    with pytest.raises(errors.ResolutionError) as caught:
        g.get_revision("27c6b3")
    assert caught.value.hint == (
        "it was taken for an id, the beginning of one, or a branch label; near: '27c6a3'; "
        "`limbeck history` lists the revisions."
    )


def test_candidates_of_an_ambiguous_beginning():
    g = revision_map(*((f"abcd{number}", None) for number in range(5)))
    with pytest.raises(errors.ResolutionError) as caught:
        g.get_revision("abc")
    assert str(caught.value) == "Multiple revisions start with 'abc': 'abcd0', 'abcd1', 'abcd2'..."
    assert caught.value.candidates == ("abcd0", "abcd1", "abcd2", "abcd3", "abcd4")


def test_a_revision_and_its_label_with_one_beginning_are_not_ambiguous():
    assert revision_map(("cart01", None, None, "cartlabel")).get_revision("cart").revision == "cart01"


def test_a_label_that_looks_like_a_walk_is_that_label():
    """aaaa1 [v-2] -> aaaa2"""
    g = revision_map(("aaaa1", None, None, "v-2"), ("aaaa2", "aaaa1"))
    assert g.get_revision("v-2").revision == "aaaa1"
    assert g.get_revision("v-2@head").revision == "aaaa2"
