"""What ``show``, ``history``, ``heads`` and ``branches`` print of scripts with any docstring, or none."""

from __future__ import annotations

import pytest
from side_by_side import Both

DOCSTRINGS = (
    "",
    '""""""\n',
    '""" """\n',
    '"""one line"""\n',
    '"""one\n"""\n',
    '"""\none"""\n',
    '"""\n\nlate\n"""\n',
    '"""one\n\n  rest\n"""\n',
    '"""one\n\nRevision ID: x\n\n"""\n',
    "# comment\n'''\none\ntwo\n\nthree'''\n",
)
FILES = {
    "alembic.ini": "[alembic]\nscript_location = history\n",
    **{
        f"history/versions/r{number}_.py": f"{text}revision, down_revision = 'r{number}', {parent!r}\n"
        for number, (text, parent) in enumerate(
            zip(DOCSTRINGS, [None, *(f"r{number}" for number in range(len(DOCSTRINGS) - 1))], strict=True)
        )
    },
}
SETUP = """
    import io
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    def printed(name, *args, **kw):
        config = Config("alembic.ini", stdout=io.StringIO())
        getattr(command, name)(config, *args, **kw)
        return config.stdout.getvalue()
    """


@pytest.mark.parametrize("verbose", [False, True])
def test_docstrings(both: Both, verbose: bool) -> None:
    told = both(
        f'printed("history", verbose={verbose})',
        f'printed("heads", verbose={verbose})',
        f'printed("branches", verbose={verbose})',
        *(f'printed("show", "r{number}")' for number in range(len(DOCSTRINGS))),
        """
        walked = ScriptDirectory.from_config(Config("alembic.ini")).walk_revisions()
        [(script.doc, script.longdoc, str(script), script.log_entry) for script in walked]
        """,
        setup=SETUP,
        files=FILES,
    )
    assert told[3] == r"'Rev: r0\nParent: <base>\nPath: <folder>/history/versions/r0_.py\n\n\n\n'"
