"""The reference as a process that answers questions about graphs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import Oracle


@pytest.fixture(scope="session")
def oracles(reference: Path) -> Iterator[tuple[Oracle, Oracle]]:
    """The reference twice, under two hash seeds: where both agree, its answer is taken to be determined."""
    both = (Oracle(reference, 1), Oracle(reference, 2))
    yield both
    for oracle in both:
        oracle.close()
