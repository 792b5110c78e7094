"""``require_message = true``: no revision without a message; ``limbeck doctor`` checks the value."""

from __future__ import annotations

from . import Example, after, before

EXAMPLE = Example(
    adds="a configuration key",
    files={
        "command/making.py": (
            before(
                '    runs_env = config.get_alembic_boolean_option("revision_environment")\n    if sql and',
                """    if not message and config.get_alembic_boolean_option("require_message"):
        raise UsageError("A revision needs a message here", hint="add -m; require_message = true asks for it")
""",
            ),
        ),
        "doctor/settings.py": (
            after(
                '        lambda config: config.get_alembic_boolean_option("revision_environment"),\n',
                '        lambda config: config.get_alembic_boolean_option("require_message"),\n',
            ),
        ),
        "templates_2026/generic/alembic.ini.mako": (
            before("# Zone of their dates", "# Whether each needs a message (-m).\n# require_message = true\n\n"),
        ),
    },
    program="""
import subprocess, sys
limbeck = [sys.executable, "-m", "limbeck"]
subprocess.run([*limbeck, "-q", "init", "migrations"], check=True)
subprocess.run([*limbeck, "-q", "revision"], check=True)

text = open("alembic.ini").read()
open("alembic.ini", "w").write(text.replace("# require_message", "require_message"))
done = subprocess.run([*limbeck, "revision"], capture_output=True, text=True)
print(done.returncode, done.stderr, sep="\\n", end="")
subprocess.run([*limbeck, "-q", "revision", "-m", "with one"], check=True)

open("alembic.ini", "w").write(text.replace("# require_message = true", "require_message = yes"))
done = subprocess.run([*limbeck, "doctor"], capture_output=True, text=True)
print(done.returncode, done.stdout.splitlines()[0], sep="\\n")
""",
    prints="""\
2
error[usage]: A revision needs a message here
  hint: add -m; require_message = true asks for it
1
differs[boolean-spelling]: 'require_message = yes' counts as false: only exactly 'true' is true (alembic.ini)
""",
)
