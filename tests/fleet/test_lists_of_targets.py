"""Targets are read from whatever lists them; a mistake is told with its file and line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from tenants import Tenants

from limbeck.errors import CommandError
from limbeck.fleet import Target
from limbeck.fleet.queue import Queue
from limbeck.fleet.sources import read
from limbeck.fleet.targets import resolved

TWO = [Target("a", "sqlite:///a.db"), Target("b", "env:B", "s", {"tier": "free"})]


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


TOML = """\
[[targets]]
name = "a"
url = "sqlite:///a.db"
[[targets]]
name = "b"
url = "env:B"
schema = "s"
tags = { tier = "free" }
"""
CSV = "name,url,schema,tags\na,sqlite:///a.db,,\n\nb,env:B,s,tier=free\n"
LINES = """\
{"name": "a", "url": "sqlite:///a.db"}

{"name": "b", "url": "env:B", "schema": "s", "tags": {"tier": "free"}}
"""


@pytest.mark.parametrize(("name", "text"), [("f.toml", TOML), ("f.csv", CSV), ("f.jsonl", LINES)])
def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    assert list(read(written(tmp_path, name, text))) == TWO
    if not name.endswith("toml"):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert list(read("-")) == TWO


def test_a_function_of_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "listing_of_a_test.py", "def all():\n    yield {'name': 'a', 'url': 'sqlite:///a.db'}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert list(read("listing_of_a_test:all")) == TWO[:1]
    assert list(read(lambda: TWO)) == list(read(TWO)) == TWO


def test_schemas_by_a_pattern(tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).begin() as connection:
        for name in ("tenant_1", "tenant_2", "other"):
            connection.execute(sa.schema.CreateSchema(name))
    monkeypatch.setenv("LIMBECK_FLEET_TEST_URL", postgresql_url)
    path = written(tmp_path, "f.toml", '[fleet]\nurl = "env:LIMBECK_FLEET_TEST_URL"\nschemas = "tenant_%"\n')
    assert list(read(path)) == [Target(name, "env:LIMBECK_FLEET_TEST_URL", name) for name in ("tenant_1", "tenant_2")]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "f.toml",
            '[[targets]]\nname = "a"\nurl = "x"\n\n[[targets]]\nname = "b"\n',
            snapshot("""\
error[targets-file]: Target b has no url (DIR/f.toml:5)
  hint: a target has name and url (a URL, env:NAME or file:PATH), and may have schema and tags\
"""),
        ),
        (
            "f.toml",
            '[[targets]]\nname = "a"\nurl = "x"\nshema = "b"\n',
            snapshot("""\
error[targets-file]: A target has no 'shema' (DIR/f.toml:1)
  hint: did you mean 'schema'?\
"""),
        ),
        (
            "f.toml",
            '[target]\nname = "a"\n',
            snapshot("""\
error[targets-file]: A list of targets has no 'target' (DIR/f.toml:1)
  hint: write [[targets]], [fleet] or [[stages]]\
"""),
        ),
        (
            "f.toml",
            "[[targets]]\nname = a\n",
            snapshot("""\
error[targets-file]: Malformed TOML file: Invalid value (DIR/f.toml:2)
  hint: a list of tables reads [[targets]], text needs quotes\
"""),
        ),
        (
            "f.toml",
            '[fleet]\nurl = "env:X"\n',
            snapshot("""\
error[targets-file]: [fleet] needs url, and schemas or query (DIR/f.toml:1)
  hint: as in url = "env:DATABASE_URL", schemas = "tenant_%"\
"""),
        ),
        (
            "f.csv",
            "name,url\na,x\na,y\n",
            snapshot("""\
error[targets-file]: There are two targets named a (DIR/f.csv:3)
  hint: give one of them another name\
"""),
        ),
        (
            "f.csv",
            "name,url,tags\na,x,free\n",
            snapshot("""\
error[targets-file]: Tags read name=value, and this is 'free' (DIR/f.csv:2)
  hint: as in tier=free;region=eu\
"""),
        ),
        (
            "f.csv",
            "name,ulr\na,x\n",
            snapshot("""\
error[targets-file]: A target has no 'ulr' (DIR/f.csv:1)
  hint: did you mean 'url'?\
"""),
        ),
        (
            "f.csv",
            "name,url\na,x,y\n",
            snapshot("""\
error[targets-file]: This line has 3 values, and the first line names 2 (DIR/f.csv:2)
  hint: put a value with a comma in quotes: "a,b"\
"""),
        ),
        (
            "f.jsonl",
            '{"name": "a", "url": "x"}\n{"name": \n',
            snapshot("""\
error[targets-file]: This is no JSON: Expecting value (DIR/f.jsonl:2)
  hint: each line is an object: {"name": "a", "url": "env:URL_OF_A"}\
"""),
        ),
        (
            "f.jsonl",
            "[1]\n",
            snapshot("""\
error[targets-file]: A target has names and values, and this is list (DIR/f.jsonl:1)
  hint: a target has name and url (a URL, env:NAME or file:PATH), and may have schema and tags\
"""),
        ),
        (
            "f.txt",
            "a",
            snapshot("""\
error[usage]: --targets DIR/f.txt: what kind of file it is cannot be told
  hint: end its name in .toml, .csv or .jsonl (an object on each line)\
"""),
        ),
    ],
)
def test_a_mistake(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        list(read(written(tmp_path, name, text)))
    assert caught.value.report().replace(str(tmp_path), "DIR") == said


def test_where_a_url_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is relative to the list; a URL is read when it is asked for, and is not in the repr."""
    written(tmp_path, "secret", "sqlite:///of-a-file.db\n")
    path = written(tmp_path, "f.csv", "name,url\na,file:secret\n")
    (target,) = read(path)
    assert str(resolved(target)) == "sqlite:///of-a-file.db"
    monkeypatch.setenv("LIMBECK_FLEET_TEST_URL", "sqlite:///of-a-variable.db")
    assert str(resolved(Target("b", "env:LIMBECK_FLEET_TEST_URL"))) == "sqlite:///of-a-variable.db"
    assert str(resolved(Target("c", lambda: "sqlite:///of-a-function.db"))) == "sqlite:///of-a-function.db"
    assert repr(Target("d", "sqlite:///plain.db")) == "Target(name='d', schema=None, tags={})"


def test_servers_take_turns_and_have_a_limit(tmp_path: Path) -> None:
    """
    a1 a2 a3 on server a, b1 on server b; two of a server at once
    """
    from limbeck.fleet.work import Order, Task

    order = Order(None, "")  # type: ignore[arg-type]  # no project is needed to queue
    tasks = [Task(order, Target(name, "env:X"), name[0]) for name in ("a1", "a2", "a3", "b1")]
    queue = Queue(tasks, per_server=2)
    taken = [queue.take() for _ in range(4)]
    assert [each and each.target.name for each in taken] == ["a1", "b1", "a2", None]
    assert taken[0] is not None
    queue.done(taken[0])
    last = queue.take()
    assert last is not None
    assert (last.target.name, queue.take()) == ("a3", None)


def test_a_list_with_a_mistake_begins_nothing(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path, 1)
    listed = written(tmp_path, "fleet.csv", f"name,url\na,sqlite:///{tmp_path / 'f000.db'}\nb,\n")
    code, out, err = tenants.run("upgrade", "--targets", str(listed))
    assert (code, out) == (3, "")
    assert err.startswith("error[targets-file]: Target b has no url (")
    assert ":3)" in err
    assert not [*tmp_path.glob("*.db")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("upgrade", "`limbeck fleet upgrade` needs --targets"),
        ("dance", "There is no `limbeck fleet dance`"),
        ("upgade", "did you mean 'upgrade'?"),
        ("status r1 --targets x.csv", "`limbeck fleet status` takes no revision"),
        ("upgrade --targets x.csv --jobs 0", "jobs is 0"),
        ("upgrade --targets x.csv --soak soon", "argument --soak: 'soon' is no duration, such as 500ms or 10min"),
        (
            "upgrade --targets x.csv --target-timeout 1y",
            "argument --target-timeout: '1y' is no duration, such as 500ms or 10min",
        ),
        (
            "upgrade --targets x.csv --lock-timeout=-1",
            "argument --lock-timeout: '-1' is no duration, such as 500ms or 10min",
        ),
        ("upgrade --targets x.csv --per-server none", "argument --per-server: invalid int value: 'none'"),
        ("upgrade --targets x.csv --per-database 0", "per_database is 0"),
        ("upgrade --targets x.csv --retries=-1", "retries is -1"),
        ("upgrade --targets x.csv --shard 3/2", "shard is 3/2"),
        ("upgrade --targets x.csv --executor dask://host", "There is no executor 'dask://host'"),
        ("upgrade --targets x.csv --ledger nonsense", "The ledger: The URL cannot be used"),
        ("upgrade --targets x.csv --ledger sqlite+aiosqlite:///x.db", "A ledger is written by a plain driver"),
        ("upgrade --targets x.csv --html nowhere/page.html", "nowhere/page.html cannot be written: there is no folder"),
        ("upgrade --targets x.csv --metrics nowhere/fleet.prom", "nowhere/fleet.prom cannot be written"),
        ("report --html nowhere/page.html", "nowhere/page.html cannot be written"),
        ("upgrade --targets x.yaml", "--targets x.yaml: what kind of file it is cannot be told"),
        ("upgrade --targets fleet.csv --max-failures many", "max-failures is 'many'"),
        ("upgrade --targets fleet.csv --canary 101%", "--canary 101% is more than all targets"),
        ("upgrade --targets fleet.csv --canary nobody", "--canary nobody: no target is meant by that"),
        ("upgrade --targets fleet.csv --only nobody", "There are no targets"),
    ],
)
def test_a_wrong_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    from limbeck.cli import CommandLine

    Tenants(tmp_path, 1)
    written(tmp_path, "fleet.csv", "name,url\na,sqlite:///a.db\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        CommandLine(prog="limbeck").main(["fleet", *words.split()])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err
    assert not [*tmp_path.glob("*.db")]


def test_the_rows_of_a_query(tmp_path: Path) -> None:
    """On a control database; another column is a tag, and a row without a URL is on the control database itself."""
    control = f"sqlite:///{tmp_path / 'control.db'}"
    with sa.create_engine(control, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE tenant (name, url, area, tags)")
        connection.exec_driver_sql("INSERT INTO tenant VALUES ('a', 'env:A', 'eu', 'tier=free'), ('b', NULL, 7, NULL)")
    query = 'query = "SELECT name, url, area, tags FROM tenant ORDER BY name"'
    path = written(tmp_path, "f.toml", f'[fleet]\nurl = "{control}"\n{query}\ntags = {{ kind = "shop" }}\n')
    assert list(read(path)) == [
        Target("a", "env:A", None, {"kind": "shop", "area": "eu", "tier": "free"}),
        Target("b", control, None, {"kind": "shop", "area": "7"}),
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nme FROM tenant", "error[targets-query]: The query of [fleet] failed: no such table: tenant"),
        ("SELECT 1 AS name", "error[targets-file]: This target has no name (DIR/f.toml:1)"),
    ],
)
def test_a_query_that_lists_no_targets(tmp_path: Path, query: str, said: str) -> None:
    (tmp_path / "control.db").touch()
    url = f"sqlite:///{tmp_path / 'control.db'}"
    with pytest.raises(CommandError) as caught:
        list(read(written(tmp_path, "f.toml", f'[fleet]\nurl = "{url}"\nquery = "{query}"\n')))
    assert caught.value.report().replace(str(tmp_path), "DIR").splitlines()[0] == said


def test_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LB_TEST_A_URL", "sqlite:///a.db")
    monkeypatch.setenv("LB_TEST_B_URL", "sqlite:///b.db")
    assert list(read("env:LB_TEST_*_URL")) == [
        Target("LB_TEST_A_URL", "env:LB_TEST_A_URL"),
        Target("LB_TEST_B_URL", "env:LB_TEST_B_URL"),
    ]
    monkeypatch.setenv("LB_TEST_LIST", "a=env:LB_TEST_A_URL\n b=sqlite:///b.db?x=y ")
    assert list(read("env:LB_TEST_LIST")) == [Target("a", "env:LB_TEST_A_URL"), Target("b", "sqlite:///b.db?x=y")]
    monkeypatch.setenv("LB_TEST_LIST", "a=sqlite:///a.db b")
    with pytest.raises(CommandError, match="Target 2 is not written name=url"):
        list(read("env:LB_TEST_LIST"))
    with pytest.raises(CommandError, match="LB_TEST_NONE is not set"):
        list(read("env:LB_TEST_NONE"))
