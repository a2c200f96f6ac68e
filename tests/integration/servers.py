"""Real servers on loopback: SFTP with a host key of its own, and S3 over HTTP."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import boto3
from moto.server import ThreadedMotoServer

USER, PASSWORD = "loopmart", "correct-horse-7"
ACCESS_KEY, SECRET_KEY = "local-access", "local-secret-9"
BUCKET = "till-exports"


class _LoginServer(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class _FolderServer(asyncssh.SFTPServer):
    """Serves one folder as /, shows names that no folder could hold, and counts what is read."""

    def __init__(self, channel: Any, server: SftpServer) -> None:
        self._server = server
        super().__init__(channel, chroot=str(server.folder).encode())

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        self._server.opened.append(path.decode())
        self._server.before_read(path.decode())
        return super().open(path, pflags, attrs)

    async def scandir(self, path: bytes) -> Any:
        async for entry in super().scandir(path):
            yield entry
        for name in self._server.forged_names:
            attributes = asyncssh.SFTPAttrs(size=4, permissions=0o100644, atime=1_700_000_000, mtime=1_700_000_000)
            yield asyncssh.SFTPName(name.encode(), attrs=attributes)


@dataclass
class SftpServer:
    """A running server: what it serves, and what was read from it."""

    folder: Path
    port: int
    fingerprint: str
    public_key: str
    opened: list[str]
    forged_names: list[str]
    before_read: Callable[[str], object]

    @property
    def url(self) -> str:
        """Its address for a pull."""
        return f"sftp://{USER}@127.0.0.1:{self.port}/"


@contextmanager
def serve_sftp(folder: Path, authorized_key: Path | None = None) -> Iterator[SftpServer]:
    """An SFTP server in a thread of its own."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    public = key.export_public_key().decode().strip()
    server = SftpServer(folder, 0, key.get_fingerprint(), public, [], [], lambda _path: None)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[key],
            server_factory=_LoginServer,
            sftp_factory=lambda channel: _FolderServer(channel, server),
            authorized_client_keys=str(authorized_key) if authorized_key else None,
        )

    listening = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    server.port = listening.get_port()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(listening.close)
        asyncio.run_coroutine_threadsafe(_end_tasks(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def serve_s3() -> Iterator[tuple[str, Any]]:
    """An S3 server with an empty bucket; its endpoint, and a client that writes."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    _ask(f"{endpoint}/moto-api/reset", "")  # servers of one process share their buckets
    client.create_bucket(Bucket=BUCKET)
    try:
        yield endpoint, client
    finally:
        let_anyone_in(endpoint, requests=float("inf"))
        client.close()
        server.stop()


def let_anyone_in(endpoint: str, requests: float) -> None:
    """How many more requests the S3 server answers without a look at the credentials."""
    _ask(f"{endpoint}/moto-api/reset-auth", str(requests))


def _ask(url: str, body: str) -> None:
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "text/plain"}, method="POST")
    urllib.request.urlopen(request, timeout=20).close()
