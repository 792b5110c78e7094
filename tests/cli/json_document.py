"""A document that ``--json`` printed, held against its published schema as a program would hold it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def document(stdout: str) -> dict[str, Any]:
    """The one document on stdout; fails where it is not what its schema says, or has keys that the schema lacks."""
    found: dict[str, Any] = json.loads(stdout)
    schema = json.loads((SCHEMAS / f"{found['schema']}-{found['version']}.json").read_text(encoding="utf-8"))
    for described in (schema, *schema.get("$defs", {}).values()):
        described["additionalProperties"] = False
    jsonschema.validate(found, schema)
    return found
