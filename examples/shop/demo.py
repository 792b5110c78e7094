"""What `make demo` runs: the main job on the shop, in a scratch copy, every command shown before its output."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

SHOP = Path(__file__).parent
SCRATCH = SHOP.parents[1] / ".demo"
LIMBECK = Path(sys.executable).with_name("limbeck")


def say(text: str) -> None:
    """A line that tells what comes next."""
    print(f"\n# {text}", flush=True)


def limbeck(*arguments: str) -> None:
    """Show the command, then run it in the scratch copy; the demo ends where one fails."""
    print(f"$ limbeck {shlex.join(arguments)}", flush=True)
    done = subprocess.run([LIMBECK, *arguments], cwd=SCRATCH, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def main() -> None:
    """A database from nothing to head, one more revision, one step down and up again."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    shutil.copytree(SHOP, SCRATCH, ignore=shutil.ignore_patterns("demo.py", "__pycache__", "*.db"))

    say(f"A copy of examples/shop stands in {SCRATCH.name}/. This is its history, newest first:")
    limbeck("history")

    say("An empty database goes to its head, both branches of the history and their merge:")
    limbeck("upgrade", "head")

    say("The models have a column that no revision makes yet, Customer.phone. The difference becomes a revision:")
    limbeck("revision", "--autogenerate", "-m", "customers may leave a phone number", "--rev-id", "c90d6e12ab74")
    made = next((SCRATCH / "migrations" / "versions").glob("c90d6e12ab74_*.py"))
    print(f"$ cat {made.relative_to(SCRATCH)}", flush=True)
    print(made.read_text(encoding="utf-8"))

    say("It is applied; then history and state:")
    limbeck("upgrade", "head")
    limbeck("history", "--indicate-current")
    limbeck("current", "--verbose")

    say("One step down, and up again:")
    limbeck("downgrade", "-1")
    limbeck("current")
    limbeck("upgrade", "head")
    limbeck("current")


if __name__ == "__main__":
    main()
