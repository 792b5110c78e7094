"""Database servers for the tests: the one that the environment names, else a private one, else one at 127.0.0.1.

A private server is started from the binaries on the machine, with a data folder of its own, in memory where the
machine has room there, and no durability: the tests make thousands of tables, and a server that waits for the disk
with each of them takes three times as long. It is stopped when the tests are done, and ends with the process that
started it. Each pytest-xdist worker that needs one starts its own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import URL, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

VARIABLES = {"postgresql": "LIMBECK_TEST_POSTGRESQL_URL", "mariadb": "LIMBECK_TEST_MARIADB_URL"}
DEFAULTS = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "mariadb": "mysql+pymysql://root@127.0.0.1:3306",
}
UNPRIVILEGED = {"postgresql": ("postgres", "nobody"), "mariadb": ("mysql", "nobody")}
PATIENCE = 30.0
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder that Linux keeps in memory
ROOM = 2 << 30  # bytes that two servers' databases need at most

_numbers = count(1)


@dataclass
class Server:
    """A server on which tests make databases.

    :param kind: ``postgresql`` or ``mariadb``.
    :param url: where to connect for making databases.
    :param stop: ends the server, if it is ours. :param crash: likewise, but at once and in no order.
    :param start: starts it again. :param account: the user and group that it runs as, as of `subprocess`.
    """

    kind: str
    url: URL
    stop: Callable[[], None] = field(default=lambda: None)
    crash: Callable[[], None] = field(default=lambda: None)
    start: Callable[[], None] = field(default=lambda: None)
    account: dict[str, Any] = field(default_factory=dict)

    def execute(self, *statements: str) -> None:
        """Execute each statement by itself, outside of a transaction."""
        engine = create_engine(
            self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
        )
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def create(self, name: str | None = None) -> str:
        """Make the empty database ``name`` (default: a name that nobody else has) and return its URL."""
        if name is None:
            name = f"lb_test_{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}_{os.getpid()}_{next(_numbers)}"
        if self.kind == "postgresql":
            self.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        else:
            self.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        """Drop the database ``name``, if there is one, together with the connections to it."""
        if self.kind == "postgresql":
            self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        else:
            self._kill_connections_to(name)
            self.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def answers(self) -> bool:
        """Whether a connection can be made."""
        try:
            self.execute("SELECT 1")
        except DBAPIError:
            return False
        return True

    def _kill_connections_to(self, name: str) -> None:
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            query = text("SELECT id FROM information_schema.processlist WHERE db = :name")
            for number in connection.scalars(query, {"name": name}).all():
                try:
                    connection.execute(text(f"KILL {number}"))
                except DBAPIError:
                    continue  # it ended by itself in between


def by_psycopg(url: str) -> str:
    """``url`` with psycopg 3 as its driver, for a test of what only that offers."""
    return make_url(url).set(drivername="postgresql+psycopg", query={}).render_as_string(hide_password=False)


def find(kind: str) -> Server | None:
    """The server of ``kind`` that tests may use, or None where there is none and no binaries to start one.

    A named one that does not answer gives its driver to the private one.
    """
    named = os.environ.get(VARIABLES[kind])
    server = Server(kind, make_url(named or DEFAULTS[kind]))
    if named and server.answers():
        return server
    private = start_private_postgresql() if kind == "postgresql" else start_private_mariadb()
    if private is not None:
        private.url = private.url.set(drivername=server.url.drivername)
        return private
    return server if server.answers() else None


def start_private_postgresql() -> Server | None:
    """Start a PostgreSQL server of our own; None where the machine has no binaries."""
    search = os.pathsep.join(
        [
            os.environ.get("PATH", os.defpath),
            *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True),
            "/usr/pgsql/bin",
            "/usr/local/pgsql/bin",
        ]
    )
    initdb, postgres = shutil.which("initdb", path=search), shutil.which("postgres", path=search)
    if initdb is None or postgres is None:
        return None
    folder, account = _folder_of_our_own("postgresql")
    port = _free_port()
    data = folder / "data"
    _run(
        [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], account, folder
    )
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
    command = [postgres, "-D", data, *(f"--{name}={value}" for name, value in options.items())]
    return _start("postgresql", command, account, folder, port)


def start_replica(primary: Server, delay: str) -> Server:
    """Start a replica of a private PostgreSQL server, which is behind by ``delay``."""
    search = os.pathsep.join(sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True))
    basebackup, postgres = shutil.which("pg_basebackup", path=search), shutil.which("postgres", path=search)
    assert basebackup is not None
    assert postgres is not None
    folder, account = _folder_of_our_own("postgresql")
    port, data = _free_port(), folder / "data"
    place = ["-h", "127.0.0.1", "-p", str(primary.url.port), "-U", "postgres"]
    _run([basebackup, *place, "-D", data, "-R", "-c", "fast", "--no-sync"], account, folder)
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
    options["recovery_min_apply_delay"] = delay
    command = [postgres, "-D", data, *(f"--{name}={value}" for name, value in options.items())]
    return _start("postgresql", command, account, folder, port)


def start_private_mariadb() -> Server | None:
    """Start a MariaDB (or MySQL) server of our own; None where the machine has no binaries."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/mysql/bin"])
    server = shutil.which("mariadbd", path=search) or shutil.which("mysqld", path=search)
    if server is None:
        return None
    folder, account = _folder_of_our_own("mariadb")
    port = _free_port()
    data = folder / "data"
    install = shutil.which("mariadb-install-db", path=search)
    # a server that starts deletes the temporary tables of others that keep theirs in the same folder
    common = ["--no-defaults", f"--datadir={data}", f"--tmpdir={folder}"]
    if install is not None:
        prepare = [install, *common, "--auth-root-authentication-method=normal"]
    else:
        prepare = [server, *common, "--initialize-insecure"]
    _run(prepare, account, folder)
    options = {
        "port": port,
        "bind-address": "127.0.0.1",
        "socket": folder / "socket",
        "character-set-server": "utf8mb4",
        "collation-server": "utf8mb4_general_ci",
        "innodb-flush-log-at-trx-commit": 0,
    }
    command = [server, *common, *(f"--{name}={value}" for name, value in options.items())]
    started = _start("mariadb", command, account, folder, port)
    if install is not None:  # its accounts without a name come before those for any host
        started.execute("DELETE FROM mysql.global_priv WHERE user = ''", "FLUSH PRIVILEGES")
    return started


def start_pgbouncer(server: Server) -> Server | None:
    """Put a pgbouncer in front of a PostgreSQL server, which gives each transaction another session of that.

    Databases are made on the server itself. None where the machine has no pgbouncer.
    """
    pgbouncer = shutil.which("pgbouncer", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
    if pgbouncer is None:
        return None
    folder, account = _folder_of_our_own("postgresql")
    port = _free_port()
    password = f" password={server.url.password}" if server.url.password else ""
    settings = f"""
[databases]
* = host={server.url.host} port={server.url.port or 5432} user={server.url.username}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
ignore_startup_parameters = extra_float_digits
server_round_robin = 1
"""
    (folder / "pgbouncer.ini").write_text(settings)
    return _start("postgresql", [pgbouncer, folder / "pgbouncer.ini"], account, folder, port)


def _folder_of_our_own(kind: str) -> tuple[Path, dict[str, Any]]:
    """A new folder, and the account (arguments of `subprocess`) that owns it: servers refuse to run as root."""
    in_memory = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM
    folder = Path(tempfile.mkdtemp(prefix=f"limbeck-{kind}-", dir=IN_MEMORY if in_memory else None))
    if os.getuid() != 0:
        return folder, {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in UNPRIVILEGED[kind] if name in known)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return folder, {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: Sequence[object], account: dict[str, Any], folder: Path) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, check=False, cwd=folder, capture_output=True, text=True, **account)
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(f"{words[0]} failed:\n{done.stdout}{done.stderr}")


def _ends_with_us(name: str) -> list[str]:
    """What a command begins with to get a signal when the process that starts it has ended, however that was."""
    return ["setpriv", "--pdeathsig", name] if shutil.which("setpriv") else []


def _start(kind: str, command: Sequence[object], account: dict[str, Any], folder: Path, port: int) -> Server:
    log = folder / "log"
    words = [*_ends_with_us("QUIT" if kind == "postgresql" else "KILL"), *map(str, command)]
    processes: list[subprocess.Popen[bytes]] = []

    def stop() -> None:
        processes[-1].terminate()
        try:
            processes[-1].wait(PATIENCE)
        except subprocess.TimeoutExpired:
            processes[-1].kill()
            processes[-1].wait()
        shutil.rmtree(folder, ignore_errors=True)

    def crash() -> None:
        # PostgreSQL's children outlive a parent that is killed; SIGQUIT ends all of them, as a crash does
        processes[-1].send_signal(signal.SIGQUIT if kind == "postgresql" else signal.SIGKILL)
        processes[-1].wait()

    def start() -> None:
        with log.open("ab") as output:
            processes.append(subprocess.Popen(words, cwd=folder, stdout=output, stderr=output, **account))
        deadline = time.monotonic() + PATIENCE
        while not server.answers():
            if processes[-1].poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")
                stop()
                raise RuntimeError(f"{command[0]} did not come up:\n{said}")
            time.sleep(0.1)

    server = Server(kind, make_url(DEFAULTS[kind]).set(port=port), stop, crash, start, account)
    start()
    return server
