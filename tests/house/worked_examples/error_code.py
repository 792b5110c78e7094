"""A message that is too long for a file name is refused: error code ``message-too-long``."""

from __future__ import annotations

from . import Example, after

EXAMPLE = Example(
    adds="an error code",
    files={
        "script/generate.py": (
            after(
                "    folder = os.path.dirname(path)\n",
                """    if message is not None and len(message) > 200:
        raise CommandError(
            f"The message has {len(message)} characters, more than 200",
            code="message-too-long",
            hint="say the rest in the docstring of the script",
        )
""",
            ),
        )
    },
    program="""
import os, subprocess, sys
limbeck = [sys.executable, "-m", "limbeck"]
subprocess.run([*limbeck, "-q", "init", "migrations"], check=True)
done = subprocess.run([*limbeck, "revision", "-m", "x" * 201], capture_output=True, text=True)
print(done.returncode, done.stderr, sep="\\n", end="")
assert os.listdir("migrations/versions") == []
subprocess.run([*limbeck, "-q", "revision", "-m", "x" * 200], check=True)
assert len(os.listdir("migrations/versions")) == 1
""",
    prints="""\
3
error[message-too-long]: The message has 201 characters, more than 200
  hint: say the rest in the docstring of the script
""",
)
