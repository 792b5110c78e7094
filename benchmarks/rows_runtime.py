"""An `upgrade` with nothing to do against a process that imports SQLAlchemy, connects and reads one row.

The lock is on, as always; where nothing is to do none is taken. `run.py` has the target.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from histories import LIMBECK, line, make
from measure import Run

READ = """\
import sqlalchemy as sa
engine = sa.create_engine({url!r}, poolclass=sa.pool.NullPool)
with engine.connect() as connection:
    connection.execute(sa.text("SELECT version_num FROM alembic_version")).all()
"""


def no_op(place: Path, url: str) -> dict[str, Run]:
    """Ours and the floor on the empty database at ``url``, which is brought to the head first."""
    own = make(LIMBECK, place, line(10))
    words = [LIMBECK, "-c", own.configure("row.ini", url), "upgrade", "head"]
    subprocess.run(words, cwd=place, check=True, capture_output=True)
    read = place / "read.py"
    read.write_text(READ.format(url=url), encoding="utf-8")
    return {"limbeck": Run(words, place), "floor": Run([LIMBECK.with_name("python"), read], place)}
