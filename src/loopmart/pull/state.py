"""What was fetched: a table of its own in the ledger's database, one row per version of a remote file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    create_engine,
    insert,
    select,
)
from sqlalchemy.engine import make_url

from loopmart.ledger.store import utc_now
from loopmart.pull.remote import RemoteFile

_metadata = MetaData()

pulled_files = Table(
    "pulled_files",
    _metadata,
    Column("pulled_file_id", Integer, primary_key=True, autoincrement=True),
    Column("pull_name", String(64), nullable=False),
    Column("sender_id", String(64), nullable=False),
    Column("remote_url", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_at", DateTime, nullable=False),
    Column("bytes_sha256", String(64), nullable=False),
    Column("landing_path", Text, nullable=False),
    Column("pulled_at", DateTime, nullable=False),
    UniqueConstraint("sender_id", "remote_url", "size_bytes", "modified_at"),
    Index("ix_pulled_files_bytes", "sender_id", "bytes_sha256"),
)


class PulledFiles:
    """The table at `url`, made on first use.

    Args:
        url: the ledger's SQLAlchemy URL.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        if is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(url, connect_args={"timeout": 60} if is_sqlite else {})
        _metadata.create_all(self._engine)

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def known_versions(self, origin: str) -> set[tuple[Any, ...]]:
        """Sender, URL, size and time of every version that was fetched from below this URL."""
        c = pulled_files.c
        query = select(c.sender_id, c.remote_url, c.size_bytes, c.modified_at).where(
            c.remote_url.startswith(origin, autoescape=True)
        )
        with self._engine.connect() as connection:
            return {tuple(row) for row in connection.execute(query)}

    def find_bytes(self, sender_id: str, digest: str) -> str | None:
        """Where in landing the same bytes of the same sender lie, None if they were never fetched."""
        c = pulled_files.c
        query = (
            select(c.landing_path)
            .where(and_(c.sender_id == sender_id, c.bytes_sha256 == digest))
            .order_by(c.pulled_file_id)
        )
        with self._engine.connect() as connection:
            return connection.execute(query.limit(1)).scalar()

    def record(
        self, pull_name: str, sender_id: str, remote_url: str, file: RemoteFile, digest: str, landing_path: str
    ) -> None:
        """Note that this version was fetched and where its bytes lie."""
        with self._engine.begin() as connection:
            connection.execute(
                insert(pulled_files).values(
                    pull_name=pull_name,
                    sender_id=sender_id,
                    remote_url=remote_url,
                    size_bytes=file.size_bytes,
                    modified_at=file.modified_at,
                    bytes_sha256=digest,
                    landing_path=landing_path,
                    pulled_at=utc_now(),
                )
            )
