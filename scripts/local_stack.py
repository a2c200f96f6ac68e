"""Airflow's programs on this machine: what they are, how they are set, started, watched and stopped."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from local_api import AirflowApi
from local_postgres import PrivatePostgres, find_binaries
from local_processes import adopt_orphans, start_process, stop_processes
from local_secrets import keep_secrets

PROJECT = Path(__file__).resolve().parents[1]
SETTINGS_FILE = PROJECT / "config" / "airflow.env"
DAGS = PROJECT / "dags"

# what makes up Airflow; docker-compose.yml starts the same commands
PREPARE = ("python", "scripts/airflow_local.py", "prepare")
COMPONENTS: dict[str, tuple[str, ...]] = {
    "api-server": ("airflow", "api-server"),
    "dag-processor": ("airflow", "dag-processor"),
    "scheduler": ("airflow", "scheduler", "--skip-serve-logs"),
}


class StartError(RuntimeError):
    """Airflow did not start, or did not stay; the message says what to read or do."""


def read_settings(path: Path = SETTINGS_FILE) -> dict[str, str]:
    """The settings that hold wherever Airflow runs."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def find_free_port(*wanted: int) -> int:
    """The first of the loopback ports `wanted` that is free now; 0 stands for any.

    Raises:
        StartError: none is free.
    """
    for port in wanted:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise StartError(f"port {wanted[0]} is taken: set LOOPMART_AIRFLOW_PORT to another, or to nothing for any")


@dataclass
class LocalStack:
    """Airflow in `$LOOPMART_HOME/airflow`, on loopback.

    Args:
        database: `postgres`, `sqlite`, or `fresh`, which is SQLite made anew.
            AIRFLOW__DATABASE__SQL_ALCHEMY_CONN in the environment goes before it.
        wanted_port: of the API server, any other if it is taken; LOOPMART_AIRFLOW_PORT is taken at its word.
        say: takes what a person should know.
    """

    database: str
    wanted_port: int
    say: Callable[[str], None]
    home: Path = field(init=False)
    env: dict[str, str] = field(init=False)
    api: AirflowApi = field(init=False)
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _postgres: PrivatePostgres | None = None
    _lock: IO[str] | None = None

    def start(self) -> None:
        """Start everything and wait until every DAG can be triggered.

        Raises:
            StartError: something did not start, or a DAG cannot be imported.
        """
        adopt_orphans()
        data = Path(os.environ.get("LOOPMART_HOME", PROJECT / "data")).resolve()
        self.home = data / "airflow"
        (self.home / "processes").mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)  # logs, secrets and the database; what is published beside it is for others, too
        self._lock = self._take_lock()
        self._set_environment(data)
        self._prepare()
        self._launch("api-server")
        self._launch("dag-processor")
        self._wait("api-server", lambda: self.api.health().get("metadatabase") == "healthy")
        self._launch("scheduler")  # only now: its tasks fail while the API server does not answer
        self.api.warm_up()
        self._wait("scheduler", lambda: self.api.health().get("scheduler") == "healthy")
        self._wait("dag-processor", self._knows_every_dag)

    def stop(self) -> None:
        """Stop everything, orphans included; the database last."""
        server = self._postgres.process if self._postgres else None
        stop_processes(list(self._processes.values()), spare=server)
        if self._postgres:
            self._postgres.stop()
        if self._lock:
            self._lock.close()

    def check(self) -> None:
        """See that every program still runs.

        Raises:
            StartError: one has ended.
        """
        for name, process in self._processes.items():
            if (code := process.poll()) is not None:
                raise StartError(f"{name} has ended with code {code}: read {self._log_of(name)}")

    def _take_lock(self) -> IO[str]:
        lock = (self.home / "running.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            who = lock.read().strip()
            lock.close()
            raise StartError(f"Airflow runs here already ({who}): stop it, or set LOOPMART_HOME") from None
        lock.truncate(0)
        return lock

    def _sign_lock(self, words: str) -> None:
        if self._lock:
            self._lock.write(words)
            self._lock.flush()

    def _set_environment(self, data: Path) -> None:
        hidden = keep_secrets(self.home / "secrets.json")
        postgres_password = hidden.pop("POSTGRES_PASSWORD")
        self.env = {**read_settings(), **hidden, **os.environ}
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)  # else all of Airflow is compiled at every start
        given_port = self.env.get("LOOPMART_AIRFLOW_PORT")
        port = find_free_port(int(given_port)) if given_port else find_free_port(self.wanted_port, 0)
        user = self.env.get("LOOPMART_ADMIN_USER", "loopmart")
        self.api = AirflowApi(f"http://127.0.0.1:{port}", user, self.env["LOOPMART_ADMIN_PASSWORD"])
        self._sign_lock(f"{self.api.base_url}, processes {os.getpid()}")
        self.env |= {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": self.api.base_url,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.api.base_url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{user}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "LOOPMART_HOME": str(data),
            "PATH": _join(os.pathsep, str(Path(sys.executable).parent), self.env.get("PATH", os.defpath)),
            "PYTHONPATH": _join(os.pathsep, self.env.get("PYTHONPATH", ""), str(PROJECT / "config")),
        }
        self.env["NO_PROXY"] = self.env["no_proxy"] = _join(",", self.env.get("NO_PROXY", ""), "127.0.0.1")
        if "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in self.env:
            self.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = self._start_database(postgres_password)

    def _start_database(self, password: str) -> str:
        """Start PostgreSQL if it is wanted and there; the URL of Airflow's database."""
        binaries = find_binaries() if self.database == "postgres" else None
        if binaries:
            log = self._log_of("postgres")
            self._postgres = PrivatePostgres(binaries, self.home / "postgres", find_free_port(0), password, log)
            self._postgres.start("airflow")
            return self._postgres.url("airflow")
        if self.database == "postgres":
            self.say("PostgreSQL was not found (`uv sync --group local` brings it): using SQLite")
        if self.database == "fresh":
            for old in self.home.glob("run.db*"):
                old.unlink()
        return f"sqlite:///{self.home / ('run.db' if self.database == 'fresh' else 'airflow.db')}"

    def _prepare(self) -> None:
        self._launch("prepare", PREPARE)
        if code := self._processes.pop("prepare").wait():
            log = self._log_of("prepare")
            raise StartError(f"preparing the database ended with code {code}:\n{log.read_text()[-2000:]}")

    def _launch(self, name: str, command: tuple[str, ...] | None = None) -> None:
        program, *arguments = command or COMPONENTS[name]
        found = shutil.which(program, path=self.env["PATH"])
        if found is None:
            raise StartError(f"{program} is not installed beside {sys.executable}: run `make setup`")
        self._log_of(name).unlink(missing_ok=True)
        keep = [self._lock.fileno()] if self._lock else []  # held until the last program has ended
        self._processes[name] = start_process(
            [found, *arguments], self.env, self._log_of(name), folder=PROJECT, keep_open=keep
        )
        self._sign_lock(f" {self._processes[name].pid}")

    def _wait(self, name: str, is_ready: Callable[[], bool], seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise StartError(f"{name} is not well after {seconds:.0f} s: read {self._log_of(name)}")
            time.sleep(0.1)

    def _knows_every_dag(self) -> bool:
        for error in self.api.get("/api/v2/importErrors")["import_errors"]:
            raise StartError(f"{error['filename']} cannot be imported:\n{error['stack_trace']}")
        known = {dag["dag_id"] for dag in self.api.get("/api/v2/dags", limit=100)["dags"]}
        return known >= {file.stem for file in DAGS.glob("*.py")}

    def _log_of(self, name: str) -> Path:
        return self.home / "processes" / f"{name}.log"


def _join(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)
