"""The published JSON Schemas, with the first sentence of each."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "schemas"


def all_schemas() -> str:
    """A row for each schema."""
    rows = []
    for file in sorted(FOLDER.glob("*.json")):
        about = json.loads(file.read_text(encoding="utf-8"))["description"]
        rows.append(f"| [{file.stem}](../schemas/{file.name}) | {about} |")
    return "\n".join(["| schema | document |", "|---|---|", *rows])
