"""Post-write hooks: what they are given, and what happens where one fails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from written_by_hand import Environment

from limbeck.errors import CommandError
from limbeck.script import hooks

SAY = "import sys; open(r'{out}', 'w').write('|'.join(sys.argv[1:]))"


@pytest.fixture
def program(tmp_path: Path) -> tuple[Path, Path]:
    """A program that notes its arguments, and where."""
    out = tmp_path / "out.txt"
    script = tmp_path / "say"
    script.write_text(f"#!{sys.executable}\nimport os\n{SAY.format(out=out)}\nprint('said in', os.getcwd())\n")
    script.chmod(0o755)
    return script, out


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ("", "{path}"),
        ("A 'b c'", "{path}|A|b c"),
        ("A REVISION_SCRIPT_FILENAME B", "A|{path}|B"),
        ("--file=REVISION_SCRIPT_FILENAME", "--file={path}"),
    ],
)
def test_arguments(program: tuple[Path, Path], options: str, arguments: str) -> None:
    script, out = program
    hooks.run("/x/a b.py", [{"_hook_name": "h", "type": "exec", "executable": str(script), "options": options}])
    assert out.read_text() == arguments.format(path="/x/a b.py")


def test_what_is_shown(program: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hook = {"_hook_name": "h1", "type": "exec", "executable": str(program[0]), "cwd": str(tmp_path)}
    hooks.run("x.py", [hook])
    assert capfd.readouterr().out == f"Running post write hook 'h1' ...\nsaid in {tmp_path}\n  done\n"
    hooks.run("x.py", [hook], quiet=True)
    assert "Running" not in capfd.readouterr().out
    hooks.exec_("x.py", hook, ignore_output=True)
    assert capfd.readouterr().out == ""


def test_modules_and_console_scripts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    (tmp_path / "lb_hook.py").write_text(
        f"def main():\n    {SAY.format(out=out)}\nif __name__ == '__main__':\n    main()\n"
    )
    dist = tmp_path / "lb_hook-1.2.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: lb-hook\nVersion: 1.2\n")
    (dist / "entry_points.txt").write_text("[console_scripts]\nlb-hook = lb_hook:main\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    hooks.run("x.py", [{"_hook_name": "h", "type": "module", "module": "lb_hook", "options": "M"}])
    assert out.read_text() == "x.py|M"
    point = {"_hook_name": "h", "type": "console_scripts", "entrypoint": "lb-hook", "options": "C"}
    hooks.run("x.py", [point])
    assert out.read_text() == "x.py|C"
    hooks.console_scripts("x.py", point, verify_version=(1, 2))
    with pytest.raises(CommandError, match=r"Hook needs lb-hook 1\.3, found 1\.2"):
        hooks.console_scripts("x.py", point, verify_version=(1, 3))


def test_functions_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_registry", {})
    seen: list[Any] = []

    @hooks.register("mine")
    def mine(filename: str, options: dict[str, str]) -> None:
        seen.append((filename, options["color"]))

    hooks.run("x.py", [{"_hook_name": "h", "type": "mine", "color": "red"}])
    assert seen == [("x.py", "red")]


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        ({}, "hook-setting", r"Key 'h\.type' \(or 'type' in toml\) is required for post write hook 'h'"),
        ({"type": "nope"}, "hook-unknown", "No formatter with name 'nope' registered"),
        ({"type": "exec"}, "hook-setting", "Key h.executable is required for post write hook 'h'"),
        ({"type": "module"}, "hook-setting", "Key h.module is required for post write hook 'h'"),
        ({"type": "module", "module": "no.such.module"}, "hook-setting", "Could not find module no.such.module"),
        ({"type": "console_scripts"}, "hook-setting", "Key h.entrypoint is required for post write hook 'h'"),
        (
            {"type": "console_scripts", "entrypoint": "nosuch"},
            "hook-setting",
            "Could not find entrypoint console_scripts.nosuch",
        ),
        ({"type": "exec", "executable": "no-such-program"}, "hook-failed", "Post write hook 'h' can't be started"),
        (
            {
                "type": "exec",
                "executable": sys.executable,
                "options": "-c 'raise SystemExit(7)' REVISION_SCRIPT_FILENAME",
            },
            "hook-failed",
            "Post write hook 'h' failed with exit status 7",
        ),
    ],
)
def test_failures(options: dict[str, str], code: str, text: str) -> None:
    with pytest.raises(CommandError, match=text) as caught:
        hooks.run("x.py", [{"_hook_name": "h", **options}])
    assert caught.value.code == code


def test_a_hook_that_fails_fails_the_command_and_the_file_stays(
    env: Environment, capfd: pytest.CaptureFixture[str]
) -> None:
    options = "-c 'raise SystemExit(1)' REVISION_SCRIPT_FILENAME"
    failing = {"_hook_name": "h", "type": "exec", "executable": sys.executable, "options": options}
    with pytest.raises(CommandError, match="failed with exit status"):
        env.scripts(hooks=[failing]).generate_revision("a1", None)
    assert (env.versions / "a1_.py").exists()
    assert capfd.readouterr().out.endswith("done\nRunning post write hook 'h' ...\n  FAILED\n")


def test_a_hook_may_change_the_file_but_not_who_it_is(env: Environment, tmp_path: Path) -> None:
    change = tmp_path / "change.py"
    change.write_text(
        "import sys\np = sys.argv[1]\nt = open(p).read()\nopen(p, 'w').write(t.replace(*sys.argv[2:4]))\n"
    )

    def replacing(old: str, new: str) -> list[dict[str, str]]:
        options = f"{change} REVISION_SCRIPT_FILENAME {old} {new}"
        return [{"_hook_name": "h", "type": "exec", "executable": sys.executable, "options": options}]

    assert env.scripts(hooks=replacing("first", "second")).generate_revision("a1", "first").doc == "second"
    with pytest.raises(CommandError, match="The new file does not declare revision b1") as caught:
        env.scripts(hooks=replacing("b1", "c1")).generate_revision("b1", "first")
    assert caught.value.code == "hook-result"
