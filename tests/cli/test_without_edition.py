"""What an edition refuses or says, and what the same command does without one: what Alembic does."""

from __future__ import annotations

import pytest
from command_line import REVISION, Environment

MODELS = """\
import sqlalchemy as sa
from limbeck import context

models = sa.MetaData()
sa.Table("t_a1", models, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("t_a2", models, sa.Column("id", sa.Integer, primary_key=True))
context.run(models)
"""


@pytest.fixture
def classic(environment: Environment) -> Environment:
    """The environment without its edition."""
    environment.configure("edition", "")
    return environment


def scripts(environment: Environment) -> int:
    return len(list(environment.versions.glob("*.py")))


def merged(environment: Environment) -> None:
    """``a1 <- (a2, b2) <- m1``, all applied."""
    for name, down in (("b2", "a1"), ("m1", ("a2", "b2"))):
        environment.write(f"migrations/versions/{name}.py", REVISION.format(about=name, revision=name, down=down))
    assert environment.limbeck("upgrade", "head").returncode == 0


def test_a_merge_of_one(classic: Environment) -> None:
    assert classic.limbeck("merge", "heads").returncode == 0
    assert scripts(classic) == 3


def test_a_merge_of_one_is_refused(environment: Environment) -> None:
    done = environment.limbeck("merge", "heads")
    assert (done.returncode, scripts(environment)) == (3, 2)
    assert "error[nothing-to-merge]" in done.stderr


def test_no_difference_still_makes_a_script(classic: Environment) -> None:
    classic.write("migrations/env.py", MODELS)
    classic.limbeck("upgrade", "head")
    done = classic.limbeck("revision", "--autogenerate", "-m", "nothing")
    assert (done.returncode, scripts(classic)) == (0, 3)


@pytest.mark.parametrize(("option", "written"), [((), 0), (("--allow-empty",), 1)])
def test_no_difference_makes_a_script_where_it_is_asked_for(
    environment: Environment, option: tuple[str, ...], written: int
) -> None:
    environment.write("migrations/env.py", MODELS)
    environment.limbeck("upgrade", "head")
    done = environment.limbeck("revision", "--autogenerate", "-m", "nothing", *option)
    assert (done.returncode, scripts(environment)) == (0, 2 + written)
    assert ("No new upgrade operations detected: no revision was written" in done.stdout) == (not written)


def test_one_step_down_from_a_merge_is_ambiguous(classic: Environment) -> None:
    merged(classic)
    done = classic.limbeck("downgrade", "-1")
    assert (done.returncode, "Ambiguous walk" in done.stderr) == (3, True)


@pytest.mark.parametrize("target", ["-1", "m1@-1", "m1-1"])
def test_one_step_down_takes_a_merge_back(environment: Environment, target: str) -> None:
    merged(environment)
    done = environment.limbeck("downgrade", target)
    assert done.returncode == 0, done.stderr
    assert environment.limbeck("current").stdout == "a2\nb2\n"


def test_a_file_name_is_an_id(classic: Environment) -> None:
    source = REVISION.format(about="c", revision="ccc3", down="a2").replace("revision =", "revison =", 1)
    classic.write("migrations/versions/ccc3.py", source)
    done = classic.limbeck("heads")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ccc3 (head)\n", "")
