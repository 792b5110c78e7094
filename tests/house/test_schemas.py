"""The published JSON Schemas are those of the results: `make schemas` after a change."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter

import jsonschema
import pytest
import schemas

from limbeck.results import Difference, Result

RESULTS = schemas.all_results()


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.__name__)
def test_a_published_schema_is_that_of_its_result(result: type[Result]) -> None:
    published = schemas.file_of(result).read_text(encoding="utf-8")
    assert published == schemas.text_of(result), "make schemas"
    jsonschema.Draft202012Validator.check_schema(json.loads(published))


def test_every_schema_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(result.schema for result in RESULTS).items() if times > 1] == []


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
