"""The distribution in compat/: what it is called, what its names resolve to, and that it copies nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from installed import Installed, write
from shop import environment, revision

from limbeck.alembic_names import VERSION

COMPAT = Path(__file__).parents[2] / "compat"


def test_what_requires_alembic_is_satisfied(here: Installed, tmp_path: Path) -> None:
    """The environment was made by one run of pip's resolver; nothing in it lacks anything, and Alembic is not in it."""
    assert here.run("python", "-m", "pip", "check", cwd=tmp_path).stdout.strip() == "No broken requirements found."
    here.passes(
        """
        from importlib.metadata import distributions, metadata, version
        from packaging.specifiers import SpecifierSet

        assert [d.version for d in distributions() if d.name == "alembic"] == [version("alembic")]
        for wanted in (">=1.9.0", ">=1.13,<2", "==1.20.1", "~=1.20", ">=1.7,!=1.8.0", "<=1.20.1"):
            assert SpecifierSet(wanted).contains(version("alembic")), wanted
        assert metadata("alembic")["Summary"].startswith("Not Alembic"), metadata("alembic")["Summary"]
        assert "Private :: Do Not Upload" in metadata("alembic").get_all("Classifier")
        """,
        cwd=tmp_path,
    )


def test_the_version_is_the_one_that_the_names_stand_in_for(here: Installed, tmp_path: Path) -> None:
    said = here.passes(
        "import alembic; from importlib.metadata import version; print(alembic.__version__, version('alembic'))",
        cwd=tmp_path,
    )
    short, long = said.split()
    assert short == VERSION
    assert long.partition("+")[0] == VERSION


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("alembic", "--version"), f"alembic {VERSION} (limbeck "),
        (("python", "-m", "alembic", "--version"), f"alembic {VERSION} (limbeck "),
        (("alembic", "heads"), "a1 (head)"),
        (("python", "-m", "alembic", "history"), "<base> -> a1 (head)"),
    ],
)
def test_the_command(here: Installed, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    write(tmp_path, environment("sqlite:///a.db", "", revision("a1", None)))
    done = here.run(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(said)


def test_an_error_of_the_command_names_it(here: Installed, tmp_path: Path) -> None:
    done = here.run("python", "-m", "alembic", "no-such", cwd=tmp_path)
    assert done.returncode == 2
    assert "`alembic --help`" in done.stderr


def test_names_are_the_same_objects_in_whatever_order_they_are_imported(here: Installed, tmp_path: Path) -> None:
    here.passes(
        """
        import importlib, random, subprocess, sys
        from limbeck.alembic_places import GATHERED, SAME

        def check(order):
            for name in order:
                module = importlib.import_module(name)
                assert sys.modules[name] is module
                parent, _, last = name.rpartition(".")
                if parent:
                    assert getattr(sys.modules[parent], last) is module, name
            for old, new in SAME.items():
                assert sys.modules[old] is sys.modules[new], old
                assert sys.modules[new].__name__ == sys.modules[new].__spec__.name == new
            for old, names in GATHERED.items():
                for name, place in names.items():
                    module, colon, attribute = place.partition(":")
                    there = importlib.import_module(module)
                    there = getattr(there, attribute) if colon else there
                    assert getattr(sys.modules[old], name) is there, (old, name)

        if sys.argv[1] == "all":
            for order in ("forward", "backward", "1"):
                subprocess.run([sys.executable, "-c", sys.orig_argv[2], order], check=True)
        else:
            names = sorted({*SAME, *GATHERED})
            orders = {"forward": lambda: names, "backward": lambda: names[::-1]}
            check(orders.get(sys.argv[1], lambda: random.Random(sys.argv[1]).sample(names, len(names)))())
        """,
        "all",
        cwd=tmp_path,
    )


def test_packages_offer_their_modules_without_an_import_of_them(either: Installed, tmp_path: Path) -> None:
    """Libraries say ``import alembic`` and then ``alembic.util.exc``: the reference's packages import their modules."""
    either.passes(
        """
        import alembic
        alembic.util.exc.CommandError, alembic.op.add_column, alembic.context.configure, alembic.ddl.impl.DefaultImpl
        alembic.autogenerate.render.renderers, alembic.operations.base.Operations, alembic.operations.ops.CreateTableOp
        alembic.runtime.migration.MigrationContext, alembic.script.base.ScriptDirectory, alembic.script.revision
        try:
            alembic.no_such_thing
        except AttributeError as error:
            assert "no_such_thing" in str(error)
        """,
        cwd=tmp_path,
    )


def test_pickles_name_the_classes_by_either_name(here: Installed, tmp_path: Path) -> None:
    here.passes(
        r"""
        import pickle
        from alembic.script.revision import Revision
        from alembic.util import CommandError
        import limbeck.graph.revision

        made = pickle.loads(pickle.dumps(Revision("b", "a")))
        assert type(made) is Revision is limbeck.graph.revision.Revision and made.down_revision == "a"
        assert pickle.loads(b"calembic.util.exc\nCommandError\n.") is CommandError  # as the reference pickles it
        """,
        cwd=tmp_path,
    )


def test_the_templates_lie_where_programs_look(either: Installed, tmp_path: Path) -> None:
    either.passes(
        """
        import importlib.resources, os
        import alembic
        from alembic.config import Config

        folder = os.path.join(os.path.dirname(alembic.__file__), "templates")
        assert os.path.samefile(folder, Config().get_template_directory())
        assert {"generic", "async", "multidb", "pyproject"} <= set(os.listdir(folder))
        script = importlib.resources.files("alembic") / "templates" / "generic" / "script.py.mako"
        assert "down_revision" in script.read_text()
        """,
        cwd=tmp_path,
    )


@pytest.mark.parametrize(
    "order",
    [
        "limbeck.install_as_alembic(); limbeck.install_as_alembic(); import alembic",
        "import alembic; limbeck.install_as_alembic()",
        "limbeck.alembic_names.install(); import alembic; limbeck.install_as_alembic()",
    ],
)
def test_installing_the_names_again_changes_nothing(here: Installed, tmp_path: Path, order: str) -> None:
    here.passes(
        f"""
        import sys
        import limbeck, limbeck.alembic_names
        {order}
        import alembic.op, limbeck.op
        assert alembic.op is limbeck.op and alembic.__version__ == limbeck.alembic_names.VERSION
        assert [type(finder).__name__ for finder in sys.meta_path].count("_Importer") == 1
        """,
        cwd=tmp_path,
    )


def test_reloading_and_star_imports(here: Installed, tmp_path: Path) -> None:
    here.passes(
        """
        import importlib
        import alembic
        before = alembic.op
        assert importlib.reload(alembic) is alembic and alembic.op is before
        from alembic import *
        assert op is before
        """,
        cwd=tmp_path,
    )


def test_the_real_package_imported_before_is_an_error_with_the_way_out(libraries: Path, tmp_path: Path) -> None:
    tool = Installed(libraries, "reference")
    tool.passes(
        """
        import alembic
        import limbeck
        try:
            limbeck.install_as_alembic()
        except limbeck.errors.CommandError as error:
            assert error.code == "alembic-imported"
            assert error.file == alembic.__file__
            assert "before anything imports alembic" in error.hint
        else:
            raise SystemExit("no error")
        """,
        cwd=tmp_path,
    )


def test_beside_the_real_package_the_command_limbeck_means_itself(libraries: Path, tmp_path: Path) -> None:
    proof = 'op.create_table(op.__name__.partition(".")[0], sa.Column("id", sa.Integer))'
    write(tmp_path, environment("sqlite:///a.db", "metadata = None", revision("a1", None, up=proof)))
    tool = Installed(libraries, "reference")
    done = tool.run("python", "-m", "limbeck", "upgrade", "head", "--sql", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    tool.run("python", "-m", "limbeck", "upgrade", "head", cwd=tmp_path)
    tool.passes(
        """
        import sqlite3
        names = sqlite3.connect("a.db").execute("select name from sqlite_master where type = 'table'")
        assert ("limbeck",) in list(names)
        """,
        cwd=tmp_path,
    )


def build(here: Installed, folder: Path, source: Path, kind: str) -> Path:
    """Build the distribution, of which the environment has the tools, and return the file."""
    done = here.run("python", "-m", "hatchling", "build", "-t", kind, "-d", folder, cwd=source)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


@pytest.fixture
def wheel(here: Installed, tmp_path: Path) -> Path:
    return build(here, tmp_path / "dist", COMPAT, "wheel")


@pytest.fixture
def site(wheel: Path, tmp_path: Path) -> Path:
    """The folder with what the wheel installs."""
    folder = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_pytest_may_rewrite_its_assertions(here: Installed, site: Path, tmp_path: Path) -> None:
    """Its finder is asked before ours and executes the file that the wheel has for editors: the same module again."""
    write(
        tmp_path / "tests",
        {
            "conftest.py": """
            import pytest
            pytest.register_assert_rewrite("alembic.op", "alembic.command", "alembic.util.exc")
            """,
            "test_it.py": """
            from alembic import command, op
            from alembic.util.exc import CommandError
            import alembic.op, alembic.util, limbeck.command, limbeck.errors, limbeck.op

            def test_identity():
                assert op is alembic.op is limbeck.op and command is limbeck.command
                assert CommandError is alembic.util.exc.CommandError is limbeck.errors.CommandError
                assert limbeck.op.__spec__.name == "limbeck.op"
            """,
        },
    )
    tool = Installed(here.folder, site=site)
    done = tool.run(
        *("python", "-m", "pytest", "-q", "-W", "error"), cwd=tmp_path / "tests", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"
    )
    assert done.returncode == 0, done.stdout


GOOD = """
    from alembic import command, context, op
    from alembic.autogenerate.render import _add_table
    from alembic.config import Config
    from alembic.operations import Operations, ops
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError
    import limbeck.config

    config: limbeck.config.Config = Config("alembic.ini")
    command.upgrade(config, "head", sql=True)
    op.drop_column("t", "c", schema="s")
    context.configure(dialect_name="sqlite")
    reveal_type(ScriptDirectory.from_config(config))
    """

BAD = """
    from alembic import op
    from alembic.config import Nothing
    op.drop_column(1)
    """


def test_mypy_sees_through_the_names(here: Installed, site: Path, tmp_path: Path) -> None:
    assert (site / "alembic" / "py.typed").exists()
    write(tmp_path, {"good.py": GOOD, "bad.py": BAD})
    done = here.run("python", "-m", "mypy", "good.py", "bad.py", cwd=tmp_path, MYPYPATH=str(site))
    said = done.stdout.splitlines()
    assert [line for line in said if line.startswith("good.py")] == [
        'good.py:14: note: Revealed type is "limbeck.script.directory.ScriptDirectory"'
    ], done.stdout + done.stderr
    assert any('bad.py:3: error: Module "alembic.config" has no attribute "Nothing"' in line for line in said), said
    assert any(line.startswith("bad.py:4: error:") and "[call-arg]" in line for line in said), said


def test_pyright_sees_through_the_names(here: Installed, site: Path, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("pyright")
    if not program.exists():
        pytest.skip("pyright is not installed")
    settings = {"extraPaths": [str(site)], "venvPath": str(here.folder.parent), "venv": here.folder.name}
    write(tmp_path / "code", {"good.py": GOOD, "bad.py": BAD, "pyrightconfig.json": json.dumps(settings)})
    done = subprocess.run([program, "--outputjson"], cwd=tmp_path / "code", capture_output=True, text=True, check=False)
    found = [
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1, one["severity"])
        for one in json.loads(done.stdout)["generalDiagnostics"]
    ]
    assert found == [("bad.py", 3, "error"), ("bad.py", 4, "error"), ("good.py", 14, "information")], done.stdout


def test_an_sdist_makes_the_same_wheel(here: Installed, wheel: Path, tmp_path: Path) -> None:
    sdist = build(here, tmp_path / "sdist", COMPAT, "sdist")
    subprocess.run(["tar", "-xzf", sdist], cwd=tmp_path, check=True)
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    again = build(here, tmp_path / "again", unpacked, "wheel")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert {n: one.read(n) for n in one.namelist()} == {n: other.read(n) for n in other.namelist()}
        assert not [name for name in one.namelist() if name.startswith("limbeck")]


def test_the_wheel_of_limbeck_has_the_page_that_doctor_names(here: Installed, tmp_path: Path) -> None:
    with zipfile.ZipFile(build(here, tmp_path / "dist", COMPAT.parent, "wheel")) as archive:
        archive.extractall(tmp_path / "site")
    asked = "from limbeck.doctor.page import DIFFERENCES; print(DIFFERENCES)"
    done = here.run("python", "-c", asked, cwd=tmp_path / "site")
    page = Path(done.stdout.strip())
    assert page == tmp_path / "site" / "limbeck" / "differences.md"
    assert page.is_file()
