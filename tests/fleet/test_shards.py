"""A list in parts, for jobs that know nothing of each other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tenants import Tenants, all_ran

from limbeck.errors import LockNotObtained, UsageError
from limbeck.fleet import Fleet, Target
from limbeck.fleet.ledger import Ledger
from limbeck.fleet.shards import Shard

LISTED = [Target(f"tenant-{number}", "env:X") for number in range(1000)]


@pytest.mark.parametrize("of", [1, 2, 3, 16])
def test_each_target_is_in_one_part(of: int) -> None:
    parts = [[*Shard(number, of).part(LISTED)] for number in range(1, of + 1)]
    assert sorted(each.name for part in parts for each in part) == sorted(each.name for each in LISTED)
    assert min(map(len, parts)) > 0.5 * len(LISTED) / of


def test_a_list_that_grows_moves_none() -> None:
    part = Shard(2, 3).part
    assert [*part(LISTED[:500])] == [each for each in part(LISTED) if each in LISTED[:500]]


@pytest.mark.parametrize(
    ("text", "index", "said"),
    [
        ("2/8", None, "2of8"),
        ("8", "0", "1of8"),
        ("8", "7", "8of8"),
        ("8", "8", "shard is 9/8"),
        ("8", None, "shard is '8', and JOB_COMPLETION_INDEX is not set"),
        ("0/8", None, "shard is 0/8"),
        ("9/8", None, "shard is 9/8"),
        ("a/8", None, "shard is 'a/8'"),
        ("0", "0", "shard is 1/0"),
    ],
)
def test_how_a_shard_is_written(monkeypatch: pytest.MonkeyPatch, text: str, index: str | None, said: str) -> None:
    monkeypatch.delenv("JOB_COMPLETION_INDEX", raising=False)
    if index is not None:
        monkeypatch.setenv("JOB_COMPLETION_INDEX", index)
    try:
        found = str(Shard.of_text(text))
    except UsageError as error:
        found = str(error)
    assert found == said


def test_shards_share_a_ledger(tmp_path: Path, postgresql_url: str) -> None:
    """Each has campaigns of its own there, an empty one too; only the same shard is refused while it is at work."""
    tenants = Tenants(tmp_path, 2)
    targets = tenants.files(5)
    fleets = {n: Fleet(tenants.config, targets, shard=f"{n}/4", ledger=postgresql_url) for n in (1, 2, 3, 4)}
    with Ledger(postgresql_url, Shard(1, 4)).held():
        done = [fleets[n].upgrade() for n in (2, 3, 4)]
        with pytest.raises(LockNotObtained):
            fleets[1].upgrade()
    done.append(fleets[1].upgrade("r1"))
    assert Counter(each.state for each in done) == {"done": 4}
    assert sum(each.total for each in done) == 5
    assert [fleets[n].report().campaign for n in (2, 3, 4, 1)] == [each.campaign for each in done]
    fleets[1].upgrade()
    assert all_ran(targets, tenants.ids)
