"""How ``version_locations`` and ``prepend_sys_path`` are split."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

from limbeck.config import Config
from limbeck.errors import CommandError

LEGACY_LOCATIONS = (
    "No path_separator found in configuration; falling back to legacy splitting on spaces/commas for "
    "version_locations.  Consider adding path_separator=os to Alembic config."
)
LEGACY_SYS_PATH = (
    "No path_separator found in configuration; falling back to legacy splitting on spaces, commas, and colons for "
    "prepend_sys_path.  Consider adding path_separator=os to Alembic config."
)
OLD_KEY = "The version_path_separator configuration parameter is deprecated; please use path_separator"


def read(tmp_path: Path, ini: str, key: str) -> tuple[list[str] | None, list[str]]:
    """The list, and the deprecation warnings given for it."""
    file = tmp_path / "alembic.ini"
    file.write_text(f"[alembic]\n{ini}\n")
    config = Config(file)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = (
            config.get_version_locations_list() if key == "version_locations" else config.get_prepend_sys_paths_list()
        )
    assert all(item.category is DeprecationWarning for item in caught)
    return found, [str(item.message) for item in caught]


@pytest.mark.parametrize(
    ("ini", "expected", "warned"),
    [
        (f"path_separator = os\nversion_locations = a{os.pathsep} b{os.pathsep}{os.pathsep}c d", ["a", "b", "c d"], []),
        ("path_separator = :\nversion_locations = a:b", ["a", "b"], []),
        ("path_separator = ;\nversion_locations = a;b:c", ["a", "b:c"], []),
        ("path_separator = space\nversion_locations = a  b\n c", ["a", "b", "c"], []),
        ("path_separator = newline\nversion_locations = a\n  b c\n", ["a", "b c"], []),
        ("version_path_separator = space\nversion_locations = a b", ["a", "b"], [OLD_KEY]),
        ("version_locations = a, b c,d  e:f", ["a", "b", "c", "d", "e:f"], [LEGACY_LOCATIONS]),
        ("version_locations =", None, []),
        ("path_separator = os", None, []),
    ],
)
def test_version_locations(tmp_path: Path, ini: str, expected: list[str] | None, warned: list[str]) -> None:
    assert read(tmp_path, ini, "version_locations") == (expected, warned)


@pytest.mark.parametrize(
    ("ini", "expected", "warned"),
    [
        ("path_separator = :\nprepend_sys_path = .:x y", [".", "x y"], []),
        ("prepend_sys_path = . myproject", [".", "myproject"], [LEGACY_SYS_PATH]),
        ("prepend_sys_path = a, b c,d  e:f", ["a", "b", "c", "d", "e", "f"], [LEGACY_SYS_PATH]),
        ("version_path_separator = space\nprepend_sys_path = .", ["."], [LEGACY_SYS_PATH]),
        ("", None, []),
    ],
)
def test_prepend_sys_path(tmp_path: Path, ini: str, expected: list[str] | None, warned: list[str]) -> None:
    assert read(tmp_path, ini, "prepend_sys_path") == (expected, warned)


@pytest.mark.parametrize("key", ["path_separator", "version_path_separator"])
def test_unknown_separator(tmp_path: Path, key: str) -> None:
    expected = f"'bad' is not a valid value for {key}; expected 'space', 'newline', 'os', ':', ';'"
    with pytest.raises(CommandError) as caught:
        read(tmp_path, f"{key} = bad\nversion_locations = a", "version_locations")
    assert str(caught.value) == expected
