"""What scripts/airflow_local.py stands on: secrets, processes that all end, a PostgreSQL of one's own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))
import airflow_local
import local_postgres
import local_secrets
import local_stack

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
LEAVES_AN_ORPHAN = (
    f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]).pid, flush=True)"
)


def test_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = local_secrets.keep_secrets(path)
    assert local_secrets.keep_secrets(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(set(first.values())) == len(local_secrets.SECRETS)


@pytest.mark.parametrize("password", ["", "admin", "Airflow", "short", "loopmart", "head-office"])
def test_an_easy_password_is_refused(tmp_path: Path, password: str) -> None:
    with pytest.raises(local_secrets.SecretError, match="easy to guess"):
        local_secrets.write_passwords(tmp_path / "passwords.json", "head-office", password)
    assert not (tmp_path / "passwords.json").exists()


def test_the_password_file_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "passwords.json"
    local_secrets.write_passwords(path, "head-office", "a good long one")
    assert json.loads(path.read_text()) == {"head-office": "a good long one"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_parameters_are_json_or_text() -> None:
    texts = ["full_refresh=true", "from_date=2026-03-01", 'stores=["S1"]', "to_date=null"]
    assert dict(map(airflow_local.read_parameter, texts)) == {
        "full_refresh": True,
        "from_date": "2026-03-01",
        "stores": ["S1"],
        "to_date": None,
    }


def test_a_port_that_was_asked_for_is_taken_at_its_word() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(local_stack.StartError, match=f"port {port} is taken"):
            local_stack.find_free_port(port)
        assert local_stack.find_free_port(port, 0) != port


def test_settings_are_the_measured_ones() -> None:
    settings = local_stack.read_settings()
    assert settings["AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME"] == "0.5"
    assert settings["AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL"] == "1"
    assert settings["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def test_a_second_stack_in_the_same_home_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPMART_HOME", str(tmp_path))
    first = local_stack.LocalStack("fresh", 0, print)
    first.home = tmp_path / "airflow"
    first.home.mkdir()
    lock = first._take_lock()
    with pytest.raises(local_stack.StartError, match="runs here already"):
        local_stack.LocalStack("fresh", 0, print).start()
    lock.close()


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
def test_nothing_is_left_of_a_program_that_left_a_stubborn_orphan(tmp_path: Path) -> None:
    script = f"""
import sys, time
sys.path.insert(0, {str(PROJECT / "scripts")!r})
from pathlib import Path
import local_processes as lp
lp.adopt_orphans()
log = Path({str(tmp_path / "log")!r})
parent = lp.start_process([sys.executable, "-c", {LEAVES_AN_ORPHAN!r}], {{}}, log)
parent.wait()
while "on" not in log.read_text():
    time.sleep(0.05)
lp.stop_processes([parent])
print(oct(log.stat().st_mode & 0o777))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    orphan = int((tmp_path / "log").read_text().split()[0])
    assert done.stdout.strip() == "0o600"
    assert not psutil.pid_exists(orphan)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_program_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    script = f"""
import sys, time
sys.path.insert(0, {str(PROJECT / "scripts")!r})
from pathlib import Path
import local_processes as lp
sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
print(lp.start_process(sleeper, {{}}, Path({str(tmp_path / "log")!r})).pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        child = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
    deadline = time.monotonic() + 10
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_private_postgres_starts_keeps_its_data_and_stops(tmp_path: Path) -> None:
    binaries = local_postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL binaries: `uv sync --group local` brings them")
    folder = tmp_path / "closed" / "postgres"
    folder.parent.mkdir(mode=0o700)
    for expected in ([], [("kept",)]):
        port = local_stack.find_free_port(0)
        server = local_postgres.PrivatePostgres(binaries, folder, port, "secret-9f", tmp_path / "log")
        server.start("airflow")
        try:
            assert server.process
            assert os.geteuid() != 0 or psutil.Process(server.process.pid).username() == local_postgres.UNPRIVILEGED
            connection = server._connect("airflow")
            with connection, connection.cursor() as cursor:
                cursor.execute("create table if not exists t (word text)")
                cursor.execute("select word from t")
                assert cursor.fetchall() == expected
                cursor.execute("insert into t values ('kept')")
            connection.close()
            with pytest.raises(local_postgres.psycopg2.OperationalError, match="password"):
                local_postgres.PrivatePostgres(binaries, folder, port, "wrong", tmp_path / "log")._connect("airflow")
        finally:
            server.stop()
        assert server.process.poll() == 0
