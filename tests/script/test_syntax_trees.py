"""A source has its syntax tree whatever other threads do meanwhile.

``ast.parse`` of Python 3.11.7 raises SystemError where two threads make one at the same time: in campaigns by threads a
target failed now and then, after its revision had run, and was rolled back.
"""

from __future__ import annotations

import ast
import gc
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from limbeck.syntax import ATTEMPTS, syntax_tree

SOURCE = "\n".join(f"def f{n}(a, b=1):\n    return [a, b, {{'x': (a, b)}}]" for n in range(100))


@pytest.fixture
def eager_finalizers() -> Iterator[None]:
    """The garbage collector runs while a tree is made, and lets another thread in."""

    def let_in(*_: object) -> None:
        time.sleep(0.0001)

    thresholds = gc.get_threshold()
    gc.callbacks.append(let_in)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(let_in)


def at_depth(depth: int, do: Callable[[], None]) -> None:
    """Call ``do`` below so many calls: threads that are equally deep in theirs do not show what they mix up."""
    if depth:
        at_depth(depth - 1, do)
    else:
        do()


@pytest.mark.usefixtures("eager_finalizers")
def test_in_four_threads_at_once() -> None:
    failures: list[BaseException] = []
    expected = ast.dump(ast.parse(SOURCE))
    trees: list[ast.Module] = []

    def make() -> None:
        try:
            trees.extend(syntax_tree(SOURCE) for _ in range(5))
        except BaseException as error:  # noqa: BLE001 shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=at_depth, args=(10 * n, make)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(trees) == 20
    assert {ast.dump(tree) for tree in trees} == {expected}


@pytest.mark.parametrize(("failures", "is_made"), [(0, True), (ATTEMPTS - 1, True), (ATTEMPTS, False)])
def test_beside_a_thread_that_is_not_ours(monkeypatch: pytest.MonkeyPatch, failures: int, is_made: bool) -> None:
    """It makes trees of its own, and knows nothing of ours: ours is made again."""
    parse, left = ast.parse, [SystemError("AST constructor recursion depth mismatch")] * failures

    def disturbed(source: str) -> ast.Module:
        if left:
            raise left.pop()
        return parse(source)

    monkeypatch.setattr(ast, "parse", disturbed)
    if is_made:
        assert ast.dump(syntax_tree("a = 1")) == ast.dump(parse("a = 1"))
    else:
        with pytest.raises(SystemError, match="depth mismatch"):
            syntax_tree("a = 1")


@pytest.mark.parametrize("source", ["def", b"a = \xff", "a\0"])
def test_what_is_no_python_is_so_at_once(source: str | bytes) -> None:
    with pytest.raises((SyntaxError, ValueError)):
        syntax_tree(source)
