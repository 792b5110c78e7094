"""Names and signatures: what the reference offers to be imported and called, module by module, and what we offer.

`docs/differences.md` lists what differs on purpose, under "Names". Nothing else may, and every line of it must be true.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from listed import section

HERE = Path(__file__).parent

# Undocumented names that third parties import.
UNDOCUMENTED = {
    "alembic.autogenerate.compare": ["_populate_migration_script", "_produce_net_changes", "comparators"],
    "alembic.autogenerate.render": [
        *("_add_column", "_add_index", "_add_table", "_drop_column", "_drop_index", "_drop_table"),
        *("_alembic_autogenerate_prefix", "_sqlalchemy_autogenerate_prefix", "_user_autogenerate_prefix"),
        *("_constraint_renderers", "_ident", "_render_cmd_body", "_render_column", "_render_constraint"),
        *("_render_server_default", "_render_type_w_subtype", "_repr_type"),
        *("_add_check_constraint", "_add_fk_constraint", "_add_unique_constraint", "_alter_column", "_drop_constraint"),
        *("_execute_sql", "_f_name", "_fk_colspec", "_render_check_constraint", "_render_computed"),
        *("_render_dialect_kwargs_items", "_render_foreign_key", "_render_identity", "_render_primary_key"),
        "_render_unique_constraint",
    ],
    "alembic.ddl._autogen": ["_constraint_sig"],
    "alembic.ddl.impl": ["Params", "_compare_identity_options", "_impls"],
    "alembic.runtime.migration": ["_ProxyTransaction"],
    "alembic.script.base": ["_default_file_template", "_slug_re"],
    "alembic.script.revision": ["_GetRevArg", "_RevIdType"],
    "alembic.script.write_hooks": ["REVISION_SCRIPT_TOKEN", "_invoke", "_registry"],
    "alembic.util": ["asbool", "immutabledict", "memoized_property", "to_list", "unique_list"],
    "alembic.util.sqla_compat": ["_find_columns", "_get_constraint_final_name", "_is_type_bound", "_vers"],
}

Surface = dict[str, dict[str, Any]]


def run(python: str, *arguments: str, asked: Any) -> Any:
    done = subprocess.run(
        [python, str(HERE / "surface.py"), *arguments],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    # a traceback of the reference would show its source, so only its last line is let through
    assert done.returncode == 0, done.stderr if arguments else done.stderr.strip().splitlines()[-1]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def differences(reference: Path) -> list[str]:
    there = run(str(reference), asked=UNDOCUMENTED)
    here = run(sys.executable, "--limbeck", asked=there)
    assert len(there) > 50
    return list(dict.fromkeys(compared(there, here)))


@pytest.fixture(scope="module")
def deliberate() -> list[str]:
    """What stands in front of the colon of each item of the list, in back quotes."""
    items = re.findall(r"^- ((?:`[^`]+`[,\s]*)+):", section("## Names"), re.MULTILINE)
    patterns = [pattern for item in items for pattern in re.findall(r"`([^`]+)`", item)]
    assert len(patterns) > 20
    return patterns


def test_nothing_else_differs(differences: list[str], deliberate: list[str]) -> None:
    unlisted = [found for found in differences if not any(fnmatchcase(found, pattern) for pattern in deliberate)]
    assert unlisted == [], "\n".join(unlisted)


def test_what_the_list_says_is_true(differences: list[str], deliberate: list[str]) -> None:
    untrue = [pattern for pattern in deliberate if not any(fnmatchcase(found, pattern) for found in differences)]
    assert untrue == [], "\n".join(untrue)


def test_what_is_not_offered_is_an_import_error() -> None:
    script = "import limbeck; limbeck.install_as_alembic(); import alembic.templates"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.strip().splitlines()[-1].startswith("ModuleNotFoundError: No module named 'alembic.templates'")


@pytest.mark.parametrize(
    ("there", "here", "found"),
    [
        ("a, /", "a", []),
        ("a, b=1", "a, b=1, *, more=None", []),
        ("a, b", "a, b=None", []),
        ("a, b=1", "a", ["b"]),
        ("a, b=1", "a, b=2", ["b"]),
        ("a, b=1", "a, *, b=1", ["b"]),
        ("a, b", "b, a", ["a", "b"]),
        ("a", "a, b", ["b"]),
        ("a, *args", "a", ["args"]),
        ("a, **kw", "a", ["kw"]),
        ("a, **kw", "a, **options", []),
    ],
)
def test_how_parameters_are_compared(there: str, here: str, found: list[str]) -> None:
    assert list(dict.fromkeys(differing(parameters(there), parameters(here)))) == found


def parameters(text: str) -> list[list[str]]:
    from surface import signature

    namespace: dict[str, Any] = {}
    exec(f"def function({text}): pass", namespace)  # noqa: S102 a signature written in the table above
    found = signature(namespace["function"])
    assert found is not None
    return found


def compared(there: Surface, here: dict[str, dict[str, Any] | None]) -> Iterator[str]:
    for module, names in there.items():
        ours = here[module]
        if ours is None:
            yield module
            continue
        for name, found in names.items():
            path = f"{module}.{name}"
            if name not in ours or found["is"] != ours[name]["is"]:
                yield path
                continue
            if name.startswith("_"):
                continue  # reached into, not called as an interface
            yield from (f"{path}({item})" for item in differing(found.get("call"), ours[name].get("call")))
            members = ours[name].get("members", {})
            for member, call in found.get("members", {}).items():
                if member not in members:
                    yield f"{path}.{member}"
                else:
                    yield from (f"{path}.{member}({item})" for item in differing(call, members[member]))


def differing(there: list[list[str]] | None, here: list[list[str]] | None) -> Iterator[str]:
    """The parameters by which a call that is right there could be wrong, or mean something else, here."""
    if there is None:
        return
    ours = {name: (place, kind, default) for place, (name, kind, default) in enumerate(here or ())}
    kinds = {kind for _, kind, _ in ours.values()}
    for place, (name, kind, default) in enumerate(there):
        if kind.startswith("VAR") and kind in kinds:
            continue
        if name not in ours or not takes(place, kind, default, *ours[name]):
            yield name
    known = {name for name, _, _ in there}
    for name, kind, default in here or ():
        if name not in known and default == "required" and not kind.startswith("VAR"):
            yield name


def takes(place: int, kind: str, default: str, our_place: int, our_kind: str, our_default: str) -> bool:
    """Whether a parameter takes what one of the reference takes; one that is required there may have any default."""
    by_place = kind == "KEYWORD_ONLY" or place == our_place
    return by_place and our_kind in (kind, "POSITIONAL_OR_KEYWORD") and default in ("required", our_default)
