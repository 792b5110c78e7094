"""An `upgrade` with nothing to do against a process that imports SQLAlchemy, connects and reads one row.

python benchmarks/rows_runtime.py [--budget SECONDS] [--most ROUNDS]

The lock is on, as always; where nothing is to do none is taken. Issue "Runtime": at most 1.3 times that floor.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from histories import LIMBECK, ROOT, line, make
from measure import Run, alternate

sys.path.insert(0, str(ROOT / "tests"))
import servers

MOST = 1.3
READ = """\
import sqlalchemy as sa
engine = sa.create_engine({url!r}, poolclass=sa.pool.NullPool)
with engine.connect() as connection:
    connection.execute(sa.text("SELECT version_num FROM alembic_version")).all()
"""


def runs(place: Path, url: str) -> dict[str, Run]:
    """Ours and the floor on the database at ``url``, which is brought to the head first."""
    own = make(LIMBECK, place, line(10))
    ini = own.configure("row.ini", url)
    words = [LIMBECK, "-c", ini, "upgrade", "head"]
    subprocess.run(words, cwd=place, check=True, capture_output=True)
    read = place / "read.py"
    read.write_text(READ.format(url=url), encoding="utf-8")
    return {"limbeck": Run(words, place), "floor": Run([LIMBECK.with_name("python"), read], place)}


def main() -> int:
    """Measure and print; 1 where the target is missed."""
    parser = argparse.ArgumentParser(description="An upgrade with nothing to do, against reading one row.")
    parser.add_argument("--budget", type=float, default=20, help="seconds for the rounds of a row (default 20)")
    parser.add_argument("--most", type=int, default=15, help="rounds a row at most (default 15)")
    options = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="limbeck-bench-") as folder:
        for kind in ("sqlite", "postgresql", "mariadb"):
            server = None if kind == "sqlite" else servers.find(kind)
            url = f"sqlite:///{folder}/row.db" if server is None else server.create()
            try:
                seconds = alternate(runs(Path(folder) / kind, url), budget=options.budget, most=options.most)
            finally:
                if server is not None:
                    server.drop(url.rpartition("/")[2])
                    server.stop()
            ratio = seconds["limbeck"] / seconds["floor"]
            verdict = "met" if ratio <= MOST else "MISSED"
            missed += ratio > MOST
            print(f"no-op upgrade head on {kind}: " + "   ".join(f"{k} {1000 * v:,.0f} ms" for k, v in seconds.items()))
            print(f"    {ratio:.2f} times the floor (at most {MOST}: {verdict})", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
