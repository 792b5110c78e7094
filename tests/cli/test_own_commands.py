"""Commands and options that a program adds to the command line."""

from __future__ import annotations

import json

import pytest

from limbeck.cli import CommandLine
from limbeck.config import Config


def greet(config: Config, name: str, message: str = "hello", *, json: bool = False) -> None:
    """Greet a person by name.

    Twice if need be.
    """
    print("on the way")
    config.print_stdout("%s", f'["{message}", "{name}"]' if json else f"{message}, {name}")


def test_a_function_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Positional arguments and options follow from its signature; `--json` keeps all but the document off stdout."""
    line = CommandLine(prog="limbeck")
    line.register_command(greet)
    line.main(["greet", "Anna", "-m", "good day"])
    assert capsys.readouterr() == ("on the way\ngood day, Anna\n", "")
    line.main(["greet", "Anna", "--json"])
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == (["hello", "Anna"], "on the way\n")
    with pytest.raises(SystemExit):
        line.main(["greet", "--help"])
    assert "Greet a person by name." in capsys.readouterr().out


def test_a_command_gets_a_further_option(capsys: pytest.CaptureFixture[str]) -> None:
    line = CommandLine(prog="limbeck")
    line.subparsers.choices["list_templates"].add_argument("--further", action="store_true")
    line.main(["list_templates", "--further"])
    assert capsys.readouterr().out.startswith("Available templates:\n")
    assert line.parser.parse_args(["list_templates", "--further"]).further is True


def test_a_parser_added_by_hand() -> None:
    line = CommandLine(prog="limbeck")
    added = line.subparsers.add_parser("mine", help="mine", conflict_handler="error")
    added.add_argument("what")
    added.set_defaults(cmd=(print, ["what"], []))
    assert vars(line.parser.parse_args(["mine", "x"]))["what"] == "x"
