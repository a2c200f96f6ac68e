"""Fetching from real servers on loopback: each file once, whole, under a name of its own, and nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import yaml

from loopmart.errors import ContractError, LoopmartError, RemoteUnavailable
from loopmart.ledger.store import Ledger
from loopmart.pull.report import PullReport, raise_failures
from loopmart.pull.run import pull_files
from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.integration.servers import (
    ACCESS_KEY,
    BUCKET,
    PASSWORD,
    SECRET_KEY,
    SftpServer,
    let_anyone_in,
    serve_s3,
    serve_sftp,
)
from tests.worlds import environment, run_loopmart

pytestmark = pytest.mark.integration

SALES = PROJECT / "data" / "sample" / "landing" / "S00102" / "sales_2026-04.csv"
YESTERDAY = 1_780_000_000


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    (tmp_path / "remote").mkdir()
    with serve_sftp(tmp_path / "remote") as server:
        yield server


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    monkeypatch.setenv("TILLS_ACCESS_KEY", ACCESS_KEY)
    monkeypatch.setenv("TILLS_SECRET_KEY", SECRET_KEY)
    with serve_s3() as (endpoint, client):
        yield endpoint, client


def of_sftp(server: SftpServer, **changes: Any) -> dict[str, Any]:
    entry = {
        "name": "shop",
        "url": server.url,
        "sender_id": "S00102",
        "settle_seconds": 1,
        "host_keys": [server.fingerprint],
        "password_env": "SHOP_PASSWORD",
    }
    return {key: value for key, value in (entry | changes).items() if value is not None}


def of_s3(endpoint: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": "tills",
        "url": f"s3://{BUCKET}/daily",
        "sender_id": "{sender}",
        "settle_seconds": 1,
        "endpoint": endpoint,
        "access_key_env": "TILLS_ACCESS_KEY",
        "secret_key_env": "TILLS_SECRET_KEY",
    } | changes


def configure(settings: Settings, *entries: dict[str, Any]) -> None:
    (settings.home / "pulls.yaml").write_text(yaml.safe_dump({"pulls": list(entries)}), encoding="utf-8")


def put(server: SftpServer, name: str, content: bytes, modified: int = YESTERDAY) -> None:
    path = server.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified, modified))


def pull_one(settings: Settings) -> PullReport:
    (report,) = pull_files(settings)
    return report


def in_landing(settings: Settings) -> dict[str, bytes]:
    return {
        path.relative_to(settings.landing_dir).as_posix(): path.read_bytes()
        for path in settings.landing_dir.rglob("*")
        if path.is_file()
    }


def test_a_file_on_sftp_is_fetched_once_and_loaded_by_ingest(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp, patterns=["*.csv"]))
    put(sftp, "2026/april.csv", SALES.read_bytes())
    put(sftp, "2026/readme.txt", b"not wanted")
    shown = run_loopmart("pull", settings=settings).stdout
    assert "shop: 1 listed, 1 new, 0 unchanged, 0 with known bytes, 0 skipped" in shown
    assert in_landing(settings) == {"S00102/shop/2026/april.csv": SALES.read_bytes()}
    assert (settings.landing_dir / "S00102/shop/2026/april.csv").stat().st_mtime == YESTERDAY
    assert sftp.opened == ["/2026/april.csv"]

    assert "0 new, 1 unchanged" in run_loopmart("pull", "shop", settings=settings).stdout
    assert sftp.opened == ["/2026/april.csv"]
    assert sorted(path.name for path in sftp.folder.rglob("*.*")) == ["april.csv", "readme.txt"]

    run_loopmart("ingest", settings=settings)
    (file,) = Ledger(settings.ledger_url).files()
    assert (file["path"], file["sender_id"], file["status"]) == ("S00102/shop/2026/april.csv", "S00102", "loaded")


def test_an_object_in_a_bucket_is_fetched_once_for_the_sender_of_its_folder(
    settings: Settings, s3: tuple[str, Any]
) -> None:
    endpoint, client = s3
    configure(settings, of_s3(endpoint))
    for key in ("S00101/a?b=1#2 中.csv", "S00102/x/b.csv", "S00199/c.csv", "d.csv", "../e.csv", "S00101//f.csv"):
        client.put_object(Bucket=BUCKET, Key=f"daily/{key}", Body=key.encode())
    report = pull_one(settings)
    assert report.error is None
    assert in_landing(settings) == {
        "S00101/tills/a?b=1#2 中.csv": "S00101/a?b=1#2 中.csv".encode(),
        "S00102/tills/x/b.csv": b"S00102/x/b.csv",
    }
    reasons = dict(report.skipped)
    assert "no sender S00199 in stores.csv" in reasons["S00199/c.csv"]
    assert "in no folder that names its sender" in reasons["d.csv"]
    assert reasons[".."] == "refused: the name leads out of its folder"

    again = pull_one(settings)
    assert (again.new, again.unchanged) == ([], 2)
    client.put_object(Bucket=BUCKET, Key="daily/S00102/x/b.csv", Body=b"changed")
    assert pull_one(settings).new == ["S00102/tills/x/b (1).csv"]


def test_a_prefix_without_objects_is_no_error(settings: Settings, s3: tuple[str, Any]) -> None:
    configure(settings, of_s3(s3[0]))
    report = pull_one(settings)
    assert (report.error, report.listed) == (None, 0)


def test_changed_content_comes_under_a_new_name(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv.gz", b"first")
    pull_one(settings)
    put(sftp, "a.csv.gz", b"other", modified=YESTERDAY - 60)
    assert pull_one(settings).new == ["S00102/shop/a (1).csv.gz"]
    assert in_landing(settings) == {"S00102/shop/a.csv.gz": b"first", "S00102/shop/a (1).csv.gz": b"other"}
    first, later = ((settings.landing_dir / "S00102/shop" / name).stat() for name in ("a.csv.gz", "a (1).csv.gz"))
    assert first.st_mtime == YESTERDAY
    assert later.st_mtime > YESTERDAY, "the later version must not be loaded before the first"


def test_known_bytes_are_recorded_and_not_written_again(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv", b"same")
    pull_one(settings)
    (sftp.folder / "a.csv").rename(sftp.folder / "b.csv")
    report = pull_one(settings)
    assert (report.new, report.known_bytes) == ([], [("b.csv", "S00102/shop/a.csv")])
    put(sftp, "b.csv", b"same", modified=YESTERDAY + 60)
    assert pull_one(settings).known_bytes == [("b.csv", "S00102/shop/a.csv")]
    assert pull_one(settings).unchanged == 1
    assert in_landing(settings) == {"S00102/shop/a.csv": b"same"}


def test_what_a_dry_run_names_is_not_fetched(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv", b"new")
    shown = run_loopmart("pull", "--dry-run", settings=settings).stdout
    assert "1 listed, 1 to fetch" in shown
    assert (in_landing(settings), sftp.opened) == ({}, [])


def test_a_file_that_is_still_written_is_left_for_the_next_pull(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    for name in ("a.csv.part", "b.TMP", "c.filepart"):
        put(sftp, name, b"half")
    put(sftp, "empty.csv", b"")
    put(sftp, "grows.csv", b"half")
    sftp.before_read = lambda path: put(sftp, path.lstrip("/"), b"half and more", modified=YESTERDAY + 1)
    report = pull_one(settings)
    assert report.new == []
    assert {name for name, reason in report.skipped if "still being written" in reason} == {
        "a.csv.part", "b.TMP", "c.filepart", "empty.csv", "grows.csv",
    }  # fmt: skip
    assert in_landing(settings) == {}
    sftp.before_read = lambda path: None
    assert pull_one(settings).new == ["S00102/shop/grows.csv"]
    assert in_landing(settings) == {"S00102/shop/grows.csv": b"half and more"}


def test_a_file_that_grows_between_two_looks_is_not_opened(
    settings: Settings, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv", b"half")
    put(sftp, "b.csv", b"gone soon")

    def write_on(_seconds: float) -> None:
        put(sftp, "a.csv", b"half and more")
        (sftp.folder / "b.csv").unlink()

    monkeypatch.setattr("loopmart.pull.run.time.sleep", write_on)
    report = pull_one(settings)
    assert dict(report.skipped) == {
        "a.csv": "still being written; left for the next pull",
        "b.csv": "gone since it was listed",
    }
    assert sftp.opened == []


def test_a_name_that_leads_out_of_landing_is_refused_with_the_name(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "good.csv", b"good")
    sftp.forged_names += ["../evil.csv", "/etc/evil.csv", "x/../../evil.csv", "..\\evil.csv", "bell\x07.csv", "a/../b"]
    report = pull_one(settings)
    assert report.new == ["S00102/shop/good.csv"]
    assert {name for name, reason in report.skipped if reason.startswith("refused")} == set(sftp.forged_names)
    assert sftp.opened == ["/good.csv"]
    assert list(in_landing(settings)) == ["S00102/shop/good.csv"]
    assert "skipped 'bell\\x07.csv': refused: a control character" in "\n".join(report.lines())


def test_links_on_a_server_are_not_followed(settings: Settings, sftp: SftpServer, tmp_path: Path) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "real/a.csv", b"a")
    (sftp.folder / "link.csv").symlink_to("real/a.csv")
    (sftp.folder / "folder").symlink_to("real")
    report = pull_one(settings)
    assert report.new == ["S00102/shop/real/a.csv"]
    assert {name for name, reason in report.skipped if "symbolic link" in reason} == {"link.csv", "folder"}


def test_a_link_in_landing_is_not_written_through(settings: Settings, sftp: SftpServer, tmp_path: Path) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv", b"a")
    (tmp_path / "elsewhere").mkdir()
    (settings.landing_dir / "S00102").symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in dict(pull_one(settings).skipped)["a.csv"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_unknown_host_key_is_refused_with_what_the_server_shows(
    settings: Settings, sftp: SftpServer, tmp_path: Path
) -> None:
    put(sftp, "a.csv", b"a")
    other = asyncssh.generate_private_key("ssh-ed25519")
    configure(settings, of_sftp(sftp, host_keys=[other.get_fingerprint()]))
    refused = run_loopmart("pull", settings=settings, check=False)
    assert refused.returncode == 1
    assert "host key is not one we know" in refused.stderr
    assert sftp.fingerprint in refused.stderr
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{sftp.port} {other.export_public_key().decode()}")
    configure(settings, of_sftp(sftp, host_keys=None, known_hosts=str(known_hosts)))
    assert "host key is not one we know" in str(pull_one(settings).error)
    assert in_landing(settings) == {}
    known_hosts.write_text(f"[127.0.0.1]:{sftp.port} {sftp.public_key}\n")
    assert pull_one(settings).new == ["S00102/shop/a.csv"]


def test_a_key_file_with_a_passphrase_logs_in(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "key", passphrase="of-the-key")
    key.write_public_key(tmp_path / "authorized")
    monkeypatch.setenv("KEY_PASSPHRASE", "of-the-key")
    (tmp_path / "remote").mkdir()
    with serve_sftp(tmp_path / "remote", tmp_path / "authorized") as server:
        put(server, "a.csv", b"a")
        entry = of_sftp(server, key_file=str(tmp_path / "key"), passphrase_env="KEY_PASSPHRASE", password_env=None)
        configure(settings, entry)
        assert pull_one(settings).error is None
        monkeypatch.setenv("KEY_PASSPHRASE", "wrong-one-3")
        error = pull_one(settings).error
        assert f"the key {tmp_path / 'key'} does not open with the passphrase in KEY_PASSPHRASE" in str(error)
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "other")
        configure(settings, of_sftp(server, key_file=str(tmp_path / "other"), password_env=None))
        refused = pull_one(settings).error
        configure(settings, of_sftp(server, key_file=str(tmp_path / "none"), password_env=None))
        missing = pull_one(settings).error
    assert f"let loopmart in with the key {tmp_path / 'other'}" in str(refused)
    assert f"cannot read {tmp_path / 'none'}" in str(missing)
    assert "wrong-one-3" not in str(error)


def test_a_wrong_password_is_reported_without_it(
    settings: Settings, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "wrong-horse-8")
    configure(settings, of_sftp(sftp))
    done = run_loopmart("pull", settings=settings, check=False)
    assert done.returncode == 1
    assert f"pull shop from {sftp.url}: the server does not let loopmart in with the password in SHOP_PASSWORD" in (
        done.stderr
    )
    assert "wrong-horse-8" not in done.stdout + done.stderr
    assert not isinstance(pull_one(settings).error, RemoteUnavailable)


def test_wrong_keys_of_a_bucket_are_reported_without_them(
    settings: Settings, s3: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _client = s3
    monkeypatch.setenv("TILLS_SECRET_KEY", "wrong-secret-5")
    configure(settings, of_s3(endpoint))
    let_anyone_in(endpoint, requests=0)
    error = str(pull_one(settings).error)
    assert "the server refuses the keys in TILLS_ACCESS_KEY and TILLS_SECRET_KEY" in error
    assert "wrong-secret-5" not in error
    assert ACCESS_KEY not in error


def test_an_unset_variable_is_named(settings: Settings, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_PASSWORD")
    configure(settings, of_sftp(sftp))
    assert "environment variable SHOP_PASSWORD is not set" in str(pull_one(settings).error)


def test_a_server_that_is_down_does_not_stop_the_others(
    settings: Settings, sftp: SftpServer, s3: tuple[str, Any]
) -> None:
    put(sftp, "a.csv", b"a")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        down = of_sftp(sftp) | {"name": "down", "url": f"sftp://loopmart@127.0.0.1:{port}/out"}
        away = of_s3(f"http://127.0.0.1:{port}", name="away")
        lost = of_s3(s3[0], name="lost", url="s3://no-such-bucket/x")
        gone = of_sftp(sftp, name="gone", url=f"{sftp.url}no/such/folder")
        configure(settings, down, away, lost, gone, of_sftp(sftp))
        done = run_loopmart("pull", settings=settings, check=False)
    assert done.returncode == 1
    assert f"pull down from sftp://loopmart@127.0.0.1:{port}/out: no answer" in done.stderr
    assert f"pull away from s3://{BUCKET}/daily: no answer" in done.stderr
    assert "pull lost from s3://no-such-bucket/x: there is no such bucket" in done.stderr
    assert "there is no folder /no/such/folder" in done.stderr
    assert "shop: 1 listed, 1 new" in done.stdout
    assert list(in_landing(settings)) == ["S00102/shop/a.csv"]


def test_a_failure_that_may_pass_is_told_from_one_that_stays(settings: Settings, sftp: SftpServer) -> None:
    final = PullReport("a", "sftp://a", False, error=LoopmartError("unknown"))
    passing = PullReport("b", "sftp://b", False, error=RemoteUnavailable("down"))
    with pytest.raises(RemoteUnavailable, match="pull a from sftp://a: unknown\npull b from sftp://b: down"):
        raise_failures([final, passing])
    with pytest.raises(LoopmartError) as only_final:
        raise_failures([final])
    assert not isinstance(only_final.value, RemoteUnavailable)
    raise_failures([PullReport("c", "sftp://c", False)])


def test_what_a_killed_pull_left_is_swept_and_fetched(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv", b"first")
    put(sftp, "b.csv", b"second")
    (settings.landing_dir / ".pull-0123456789abcdef").write_bytes(b"fir")  # killed while downloading
    placed = settings.landing_dir / "S00102/shop/b.csv"  # killed between the name and the note of it
    placed.parent.mkdir(parents=True)
    placed.write_bytes(b"second")
    assert set(pull_one(settings).new) == {"S00102/shop/a.csv", "S00102/shop/b.csv"}
    assert in_landing(settings) == {"S00102/shop/a.csv": b"first", "S00102/shop/b.csv": b"second"}
    assert pull_one(settings).unchanged == 2


def test_a_pull_that_is_killed_while_it_reads_is_repeated(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv", b"whole")
    reads, is_dead = threading.Event(), threading.Event()
    sftp.before_read = lambda path: (reads.set(), is_dead.wait(30))
    with subprocess.Popen([sys.executable, "-m", "loopmart.cli", "pull"], env=environment(settings)) as process:
        assert reads.wait(60)
        process.kill()
    is_dead.set()
    assert [path.name[:6] for path in settings.landing_dir.iterdir()] == [".pull-"]
    sftp.before_read = lambda path: None
    assert pull_one(settings).new == ["S00102/shop/a.csv"]
    assert in_landing(settings) == {"S00102/shop/a.csv": b"whole"}


def test_a_connection_that_breaks_leaves_nothing_half(
    settings: Settings, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv", b"a")
    put(sftp, "b.csv", b"b")

    def refuse(path: str) -> None:
        if path == "/b.csv":
            raise ConnectionResetError

    sftp.before_read = refuse
    report = pull_one(settings)
    assert isinstance(report.error, RemoteUnavailable)
    assert in_landing(settings) == {"S00102/shop/a.csv": b"a"}
    sftp.before_read = lambda path: None
    assert pull_one(settings).new == ["S00102/shop/b.csv"]


def test_a_lost_ledger_writes_no_bytes_twice(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv", b"first")
    pull_one(settings)
    put(sftp, "a.csv", b"other", modified=YESTERDAY + 60)
    pull_one(settings)
    for path in settings.home.glob("ledger.db*"):
        path.unlink()
    pull_one(settings)
    assert in_landing(settings) == {"S00102/shop/a.csv": b"first", "S00102/shop/a (1).csv": b"other"}


def test_a_landing_that_cannot_be_written_is_named(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    put(sftp, "a.csv", b"a")
    shutil.rmtree(settings.landing_dir)
    settings.landing_dir.write_bytes(b"a file where the folder belongs")
    assert f"cannot write into {settings.landing_dir}" in str(pull_one(settings).error)


def test_a_pull_that_does_not_exist_is_named_with_those_that_do(settings: Settings, sftp: SftpServer) -> None:
    configure(settings, of_sftp(sftp))
    with pytest.raises(LoopmartError, match=r"no pull is named stop in .*pulls\.yaml; there are: shop"):
        pull_files(settings, ["stop"])
    configure(settings, of_sftp(sftp, sender_id="S00199"))
    with pytest.raises(ContractError, match=r"pulls\.0\.sender_id: 'S00199' is not in"):
        pull_files(settings)
