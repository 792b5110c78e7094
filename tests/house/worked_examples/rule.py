"""A rule of ``limbeck doctor``: ``print()`` in a script writes into the SQL of ``--sql > file``."""

from __future__ import annotations

from . import Example, after, before

EXAMPLE = Example(
    adds="a doctor rule",
    files={
        "doctor/scripts.py": (
            before(
                "RULES = (\n",
                '''def prints(source: Source) -> Iterator[Finding]:
    """``print()``: stdout is where ``--sql`` writes the script."""
    for node in source.calls("print"):
        yield Finding(
            "print-in-script",
            "info",
            "prints to stdout, where --sql writes the SQL",
            "use logging",
            source.file,
            node.lineno,
        )


''',
            ),
            after("    threads,\n", "    prints,\n"),
        ),
    },
    program="""
import glob, json, subprocess, sys
limbeck = [sys.executable, "-m", "limbeck"]
subprocess.run([*limbeck, "-q", "init", "migrations"], check=True)
subprocess.run([*limbeck, "-q", "revision", "--rev-id", "a1"], check=True)
(script,) = glob.glob("migrations/versions/a1*.py")
with open(script, "a") as file:
    file.write("\\n\\ndef report():\\n    print('done')\\n")
found = subprocess.run([*limbeck, "doctor"], capture_output=True, text=True)
print(found.returncode, *[line.partition(" (")[0] for line in found.stdout.splitlines() if "[print" in line], sep="\\n")
found = json.loads(subprocess.run([*limbeck, "doctor", "--json"], capture_output=True, text=True).stdout)
print([finding["line"] for finding in found["findings"] if finding["code"] == "print-in-script"])
""",
    prints="""\
0
note[print-in-script]: prints to stdout, where --sql writes the SQL
[30]
""",
)
