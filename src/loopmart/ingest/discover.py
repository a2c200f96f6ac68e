"""Looking at the landing folder: which files are new, what each one is, which bytes we have already."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loopmart.contracts.catalogue import Catalogue
from loopmart.errors import FileRefused
from loopmart.ingest.containers import check_size, open_members
from loopmart.ingest.recognise import Index, index_cells, recognise
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings

log = logging.getLogger(__name__)

REPORT_EVERY = 1000


def discover_files(
    settings: Settings, catalogue: Catalogue, ledger: Ledger, senders: list[str] | None = None
) -> dict[str, int]:
    """Record every new arrival in the ledger: pending with its feed, duplicate, or refused with the reason.

    A file is known by its path and stat; one whose stat changed is read again and known by its bytes. Files
    refused under other contracts than today's are judged anew.

    Args:
        senders: only these folders; None for all.

    Returns:
        How many files wait for a load, by feed (earlier ones that still wait included).
    """
    contracts_hash = hash_contracts(settings)
    known_stats = ledger.known_stats()
    judged = ledger.files_by_id()
    index = index_cells(catalogue.sources.values())
    arrivals: list[dict[str, Any]] = []
    touched: dict[tuple[str, str], str] = {}
    seen = 0
    for path in _walk(settings.landing_dir, senders):
        seen += 1
        name = path.relative_to(settings.landing_dir).as_posix()
        stat = stat_of(path)
        known = known_stats.get(name)
        if known and known[0] == stat and known[1] in ("", contracts_hash):
            continue
        found = list(_judge(path, name, stat, catalogue, index, judged))
        if stat_of(path) != stat:
            log.info("discover: %s is still being written; left for the next run", name)
            continue
        for arrival in found:
            earlier = judged.get(arrival["file_id"])
            if earlier and earlier["status"] != "refused" and _is_same_arrival(earlier, arrival):
                touched[arrival["path"], arrival["bytes_sha256"]] = stat
                continue
            if arrival["status"] != "duplicate":
                judged[arrival["file_id"]] = arrival
            arrivals.append(arrival | {"contracts_hash": contracts_hash})
        if seen % REPORT_EVERY == 0:
            log.info("discover: %s files looked at", f"{seen:,}")
    ledger.record_arrivals(arrivals)
    ledger.touch_arrivals(touched)
    tally = {s: sum(a["status"] == s for a in arrivals) for s in ("pending", "duplicate", "refused")}
    log.info(
        "discover: %s files in landing; new: %s to load, %s with known bytes, %s refused",
        *(f"{n:,}" for n in (seen, tally["pending"], tally["duplicate"], tally["refused"])),
    )
    return ledger.pending_counts()


def hash_contracts(settings: Settings) -> str:
    """A hash over feeds, sources and the list of stores: the rules under which a file was judged."""
    digest = hashlib.sha256()
    for path in [*sorted(settings.contracts_dir.rglob("*.yaml")), settings.stores_file]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def identify(sender_id: str, content_hash: bytes) -> str:
    """A file's identity: SHA-256 over its sender and the SHA-256 of its content, 32 hex digits.

    The sender belongs to it because the export of a day without sales is the same bytes in every store.
    """
    return hashlib.sha256(sender_id.encode() + b"\n" + content_hash).hexdigest()[:32]


def hash_content(content: bytes) -> bytes:
    """SHA-256 of a content."""
    return hashlib.sha256(content).digest()


def _walk(landing: Path, senders: list[str] | None) -> Iterator[Path]:
    for path in sorted(landing.rglob("*")):
        parts = path.relative_to(landing).parts
        hidden = any(part.startswith(".") for part in parts)
        wanted = senders is None or parts[0] in senders
        if wanted and not hidden and (path.is_symlink() or path.is_file()):
            yield path


def stat_of(path: Path) -> str:
    """Size, time of change and of change of status: while they stay, so do the bytes."""
    stat = path.lstat()
    return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}"


def _is_same_arrival(earlier: dict[str, Any], arrival: dict[str, Any]) -> bool:
    return (earlier["path"], earlier["bytes_sha256"]) == (arrival["path"], arrival["bytes_sha256"])


def _read(path: Path) -> tuple[bytes, bytes]:
    """(bytes, SHA-256) of a file, or of what a link says; a file beyond the limit is hashed in parts and not kept."""
    if path.is_symlink():
        raw = str(path.readlink()).encode()
        return raw, hash_content(raw)
    try:
        check_size(path.lstat().st_size)
    except FileRefused:
        with path.open("rb") as file:
            return b"", hashlib.file_digest(file, "sha256").digest()
    raw = path.read_bytes()
    return raw, hash_content(raw)


def _judge(
    path: Path, name: str, stat: str, catalogue: Catalogue, index: Index, judged: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The arrivals that a file brings: one, or one for each member of a zip."""
    raw, raw_hash = _read(path)
    arrival: dict[str, Any] = {
        "path": name,
        "sender_id": name.split("/", maxsplit=1)[0] if "/" in name else "",
        "stat": stat,
        "size_bytes": path.lstat().st_size,
        "modified_at": datetime.fromtimestamp(path.lstat().st_mtime, UTC).replace(tzinfo=None),
        "bytes_sha256": raw_hash.hex(),
        "status": "pending",
        "reason": None,
        "remedy": None,
        "counterpart_file_id": None,
        "feed": None,
        "source": None,
    }
    arrival["file_id"] = identify(arrival["sender_id"], raw_hash)
    try:
        if arrival["sender_id"] not in catalogue.senders:
            raise FileRefused(
                f"no store or head office is registered for the folder {arrival['sender_id'] or '(none)'!r}",
                "Move the file into its sender's folder, or add a line to stores.csv",
            )
        if path.is_symlink():
            raise FileRefused("it is a symbolic link", "Put the file itself into landing; links are not followed")
        check_size(arrival["size_bytes"])
        for suffix, content in open_members(raw):
            content_hash = (
                raw_hash
                if content is raw
                else hash_content((name + suffix).encode() if isinstance(content, FileRefused) else content)
            )
            member = {"path": name + suffix, "file_id": identify(arrival["sender_id"], content_hash)}
            yield _judge_content(arrival | member, content, catalogue, index, judged)
    except FileRefused as refusal:
        yield arrival | {"status": "refused", "reason": refusal.reason, "remedy": refusal.remedy}


def _judge_content(
    arrival: dict[str, Any],
    content: bytes | FileRefused,
    catalogue: Catalogue,
    index: Index,
    judged: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    try:
        if isinstance(content, FileRefused):
            raise content
        earlier = judged.get(arrival["file_id"])
        if earlier and earlier["status"] != "refused":
            return arrival | {
                "status": "duplicate",
                "feed": earlier["feed"],
                "source": earlier["source"],
                "counterpart_file_id": earlier["file_id"],
                "reason": f"the same content arrived as {earlier['path']}",
            }
        source = recognise(content, catalogue.sources.values(), index).source
        if source.ignored_because:
            return arrival | {"status": "ignored", "source": source.source, "reason": source.ignored_because}
        return arrival | {"feed": source.feed, "source": source.source}
    except FileRefused as refusal:
        return arrival | {"status": "refused", "reason": refusal.reason, "remedy": refusal.remedy}
