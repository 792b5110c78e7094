"""Floors, each a whole process: what nothing can undercut that has to do the same.

`scan FOLDER` lists a folder and stats its files. `send INI FILE` sends a file's SQL by the bare driver. `tables INI
NUMBER` has SQLAlchemy alone make the tables of a history and count them in a version row, with no file read.
"""

import os
import sys


def scan(folder: str) -> None:
    """List ``folder`` and stat every file in it."""
    for entry in os.scandir(folder):
        entry.stat()


def _url(ini: str) -> str:
    with open(ini, encoding="utf-8") as lines:
        return next(line.partition("=")[2].strip() for line in lines if line.startswith("sqlalchemy.url"))


def send(ini: str, file: str) -> None:
    """Send the paragraphs of ``file`` to the database of ``ini`` by its driver, in one transaction."""
    url = _url(ini)
    with open(file, encoding="utf-8") as source:
        statements = source.read().split("\n\n")
    kind, _, place = url.partition("://")
    if kind == "sqlite":
        import sqlite3

        connection = sqlite3.connect(place.removeprefix("/"))
    else:
        user, _, rest = place.partition("@")
        address, _, database = rest.partition("/")
        host, _, port = address.partition(":")
        user, _, password = user.partition(":")
        if kind.startswith("postgresql"):
            import psycopg

            connection = psycopg.connect(host=host, port=port or 5432, user=user, password=password, dbname=database)
        else:
            import pymysql

            connection = pymysql.connect(
                host=host, port=int(port or 3306), user=user, password=password, database=database
            )
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    connection.commit()
    connection.close()


def tables(ini: str, number: str) -> None:
    """Make ``number`` tables as the histories do, each followed by the UPDATE of a version row, in one transaction."""
    import sqlalchemy as sa

    with sa.create_engine(_url(ini), poolclass=sa.NullPool).begin() as connection:
        version = sa.Table("version", sa.MetaData(), sa.Column("number", sa.String(32), primary_key=True))
        version.create(connection)
        connection.execute(version.insert(), {"number": "-1"})
        old, new = sa.bindparam("old"), sa.bindparam("new")
        update = version.update().values(number=new).where(version.c.number == old)
        for each in range(int(number)):
            table = sa.Table(
                f"t{each}",
                sa.MetaData(),
                sa.Column("id", sa.Integer(), nullable=False),
                sa.Column("name", sa.String(length=50), nullable=True),
                sa.Column("created", sa.DateTime(), nullable=True),
                sa.PrimaryKeyConstraint("id"),
            )
            connection.execute(sa.schema.CreateTable(table))
            connection.execute(update, {"old": str(each - 1), "new": str(each)})


if __name__ == "__main__":
    {"scan": scan, "send": send, "tables": tables}[sys.argv[1]](*sys.argv[2:])
