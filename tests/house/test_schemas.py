"""The published JSON Schemas are those of the results: `make schemas` after a change."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import schemas

from limbeck import results
from limbeck.results import Difference, Result

RESULTS = schemas.all_results()


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.__name__)
def test_a_published_schema_is_that_of_its_result(result: type[Result]) -> None:
    published = schemas.file_of(result).read_text(encoding="utf-8")
    assert published == schemas.text_of(result), "make schemas"
    jsonschema.Draft202012Validator.check_schema(json.loads(published))


def test_every_schema_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(result.schema for result in RESULTS).items() if times > 1] == []


def test_what_type_checkers_see_is_what_is_loaded() -> None:
    """A result is imported where it is asked for, and stands in the package for type checkers too."""
    seen = re.findall(r"^    from \.(\w+) import (\w+) as \2$", Path(results.__file__).read_text(), re.MULTILINE)
    assert sorted(name for _, name in seen) == sorted(set(dir(results)) - vars(results).keys())
    found = {name: getattr(results, name) for _, name in seen}
    classes = {name for name, one in found.items() if inspect.isclass(one)}
    assert [name for subject, name in seen if name in classes and subject not in found[name].__module__] == []


def test_a_result_loads_its_own_subject_alone() -> None:
    program = "from limbeck.results import CheckResult; import sys; print(*(n for n in sys.modules if 'results.' in n))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == ["limbeck.results.differences", "limbeck.results.result"]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.__name__)
def test_a_result_cannot_be_changed(result: type[Result]) -> None:
    assert result.__dataclass_params__.frozen  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.__setattr__(object.__new__(result), dataclasses.fields(result)[0].name, None)


@pytest.mark.parametrize(
    ("diff", "expected"),
    [
        (("add_enum", None, "mood", ("sad", "glad")), ("add_enum", None, None, "mood")),
        (("modify_domain", "s", "zip", {}, {}), ("modify_domain", "s", None, "zip")),
        (("modify_nullable", None, "t", "c", {}, True, False), ("modify_nullable", None, "t", "c")),
        (("modify_table_options", "s", "t", {}, {}), ("modify_table_options", "s", "t", None)),
        (("modify_view", None, "v", "SELECT 1", "SELECT 2"), ("modify_view", None, None, "v")),
        (("create_view", "public.v", "SELECT 1"), ("create_view", None, None, None)),
        ("of a plugin", ("str", None, None, None)),
    ],
)
def test_a_diff_tuple_described(diff: object, expected: tuple[str | None, ...]) -> None:
    """Those of tables, columns, indexes and constraints are in tests/cli/test_json.py, from a database."""
    described = Difference.of(diff)
    assert (described.kind, described.schema, described.table, described.name) == expected
    assert (described.text, described.diff) == (repr(diff), diff)
