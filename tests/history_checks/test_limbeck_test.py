"""``limbeck test``: which revisions it tests, what it says, and its exit code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from good import GOOD, Revision, Shop
from inline_snapshot import snapshot
from mutants import MUTANTS

FORGOTTEN = next(one for one in MUTANTS if one.name == "downgrade forgets an index")
NO_INDEX = Revision(
    "r17",
    "no index",
    'op.drop_index("ix_orders_status", "orders")',
    'op.create_index("ix_orders_status", "orders", ["status"])',
)


@pytest.fixture
def shop(tmp_path: Path, sqlite_url: str) -> Shop:
    return Shop(tmp_path, sqlite_url)


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *words],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def published(shop: Shop) -> None:
    """The whole folder is committed on main; a branch is begun."""
    git(shop.root, "init", "-b", "main")
    git(shop.root, "add", ".")
    git(shop.root, "commit", "-m", "as published")
    git(shop.root, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(shop.root, "checkout", "-b", "work")


def test_a_good_history_passes(shop: Shop) -> None:
    done = shop.write().test()
    assert (done.returncode, done.stdout, done.stderr) == snapshot(
        (
            0,
            """\
passed       models-imported
passed       one-head
passed       downgrades-exist
passed       upgrades-from-empty
passed       way-back
passed       models-equal-history
passed       rows-survive
passed       sql-script-equals-history
16 revisions tested by 8 checks: nothing found
""",
            "",
        )
    )


def test_a_finding_names_the_revision_and_the_difference(shop: Shop) -> None:
    done = shop.write(FORGOTTEN.revisions()).test("r11", "--only", "way-back")
    assert (done.returncode, done.stdout, done.stderr) == snapshot(
        (
            1,
            """\
failed       way-back
  migrations/versions/r11_.py: r11: downgrade() does not lead back to the schema before: 1 difference
    index ix_orders_status of orders: is left over
1 revision tested by 1 check: 1 failed
""",
            """\
error[history-test]: 1 of 1 checks failed: way-back
  hint: each finding is said above; `# limbeck: skip(check): reason` in a revision leaves it out of a check
""",
        )
    )


def test_as_json(shop: Shop) -> None:
    done = shop.write(FORGOTTEN.revisions()).test("r10:r11", "--only", "way-back", "--json")
    document = json.loads(done.stdout)
    document["checks"][0]["seconds"] = 0
    document["checks"][0]["findings"][0]["file"] = "r11_.py"
    assert (done.returncode, document) == snapshot(
        (
            1,
            {
                "schema": "limbeck.test",
                "version": 1,
                "revisions": ["r10", "r11"],
                "checks": [
                    {
                        "name": "way-back",
                        "findings": [
                            {
                                "revision": "r11",
                                "message": "downgrade() does not lead back to the schema before: 1 difference",
                                "details": ["index ix_orders_status of orders: is left over"],
                                "file": "r11_.py",
                                "line": None,
                            }
                        ],
                        "not_checked": None,
                        "is_blocked": False,
                        "passed_over": [],
                        "remarks": [],
                        "seconds": 0,
                    }
                ],
            },
        )
    )


def test_what_is_left_out_says_why(shop: Shop) -> None:
    shop.write(FORGOTTEN.revisions())
    file = shop.versions / "r11_.py"
    file.write_text(file.read_text() + "\n# limbeck: skip(way-back, rows-survive): the index is harmless\n")
    done = shop.test("r11", "--only", "way-back")
    assert (done.returncode, done.stdout) == snapshot(
        (
            0,
            """\
passed       way-back
  left out: r11: the index is harmless
1 revision tested by 1 check: nothing found
""",
        )
    )


def test_bisect_names_the_revision_since_which_models_and_history_differ(shop: Shop) -> None:
    done = shop.write([*GOOD, NO_INDEX]).test("--bisect")
    assert (done.returncode, done.stdout) == snapshot(
        (
            1,
            """\
failed       models-equal-history
  The models ask for what the history does not lead to: create index ix_orders_status on orders, and no revision ever did
    op.create_index(op.f('ix_orders_status'), 'orders', ['status'], unique=False)
17 revisions tested by 1 check: 1 failed
""",
        )
    )


def test_bisect_says_where_no_revision_ever_led_there(shop: Shop) -> None:
    forgets = next(one for one in MUTANTS if one.name == "upgrade forgets an index")
    done = shop.write(forgets.revisions()).test("--bisect")
    assert (done.returncode, done.stdout) == snapshot(
        (
            1,
            """\
failed       models-equal-history
  The models ask for what the history does not lead to: create index ix_orders_status on orders, and no revision ever did
    op.create_index(op.f('ix_orders_status'), 'orders', ['status'], unique=False)
16 revisions tested by 1 check: 1 failed
""",
        )
    )


def test_changed_tests_what_the_branch_adds(shop: Shop) -> None:
    published(shop.write())
    assert shop.test("--changed").stdout == "0 revisions tested by 0 checks: nothing found\n"
    shop.write([*GOOD, NO_INDEX])
    done = shop.test("--changed", "--only", "way-back", "--only", "upgrades-from-published")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "passed       way-back",
            "passed       upgrades-from-published",
            "1 revision tested by 2 checks: nothing found",
        ],
    )


def test_a_published_revision_that_was_edited_is_found(shop: Shop) -> None:
    published(shop.write())
    shop.write([*GOOD, NO_INDEX])
    edited = shop.versions / "r01_.py"
    edited.write_text(edited.read_text().replace("sa.String(100)", "sa.String(120)"))
    done = shop.test("--since", "main", "--only", "upgrades-from-published")
    assert done.returncode == 1
    assert "was changed that databases have run" in done.stdout
    assert "column account.email: type is varchar(100), not varchar(120)" in done.stdout


def test_rows_of_ones_own_take_the_place_of_those_made_up(shop: Shop) -> None:
    loses = next(one for one in MUTANTS if one.name == "upgrade makes a type that loses digits")
    shop.write(loses.revisions())
    file = shop.versions / "r16_.py"
    rows = '\nexample_rows = {"orders": [{"id": 7, "account_id": 101, "price": 12, "status": "open"}]}\n'
    file.write_text(file.read_text() + rows)
    check = shop.check("rows-survive", ["r16"])
    assert check.findings == ()
    file.write_text(file.read_text().replace('"price": 12', '"price": 12.34'))
    (finding,) = shop.check("rows-survive", ["r16"]).findings
    assert finding.details == snapshot(("column orders.price: Decimal('12.34') has become Decimal('12.3')",))


def test_rows_that_are_refused_are_told(shop: Shop) -> None:
    shop.write()
    file = shop.versions / "r16_.py"
    file.write_text(file.read_text() + '\nexample_rows = {"orders": [{"id": 7, "account_id": 101}]}\n')
    (remark,) = shop.check("rows-survive", ["r16"]).remarks
    assert remark.startswith("a row of example_rows is refused by table orders: NOT NULL constraint failed")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "rows"), "There is no check 'rows'"),
        (("r01", "--changed"), "A range, --since and --changed say each which revisions are tested"),
        (("--bisect", "--only", "way-back"), "--bisect is about models-equal-history alone"),
    ],
)
def test_what_goes_not_together(shop: Shop, arguments: tuple[str, ...], message: str) -> None:
    done = shop.write(GOOD[:1]).test(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_the_database_of_the_environment_is_only_read(shop: Shop) -> None:
    shop.write(GOOD[:3]).upgrade("r02")
    before = (shop.root / "test.db").read_bytes()
    shop.test()
    assert (shop.root / "test.db").read_bytes() == before
