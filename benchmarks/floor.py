"""Floors, each a whole process: `scan FOLDER` lists a folder and stats its files; `send INI FILE` sends a file's SQL.

Nothing that has to scan a folder, or to send that SQL, can be faster than this.
"""

import os
import sys


def scan(folder: str) -> None:
    """List ``folder`` and stat every file in it."""
    for entry in os.scandir(folder):
        entry.stat()


def send(ini: str, file: str) -> None:
    """Send the paragraphs of ``file`` to the database of ``ini`` by its driver, in one transaction."""
    with open(ini, encoding="utf-8") as lines:
        url = next(line.partition("=")[2].strip() for line in lines if line.startswith("sqlalchemy.url"))
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


if __name__ == "__main__":
    {"scan": scan, "send": send}[sys.argv[1]](*sys.argv[2:])
