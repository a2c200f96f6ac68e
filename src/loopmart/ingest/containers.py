"""Opening what a file came in: plain bytes, gzip, zip. The content decides, not the name."""

from __future__ import annotations

import io
import lzma
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from loopmart.errors import FileRefused
from loopmart.ingest.answers import unwrap_answer
from loopmart.ledger.tables import MEMBER_MARK

ZIP_MAGIC = b"PK\x03\x04"
GZIP_MAGIC = b"\x1f\x8b"
MAX_CONTENT_BYTES = 2 << 30
"""Content beyond this is refused: no export is that large, but a decompression bomb is."""
ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, OverflowError,
    RuntimeError,
)  # fmt: skip
"""What the standard library raises at a damaged zip, depending on where the damage is."""


def _describe(error: Exception) -> str:
    """The library's words, unless they quote bytes of the content, which may be anybody's."""
    text = str(error)
    return "its directory and its contents differ" if "b'" in text or 'b"' in text else text or type(error).__name__


def open_members(raw: bytes) -> Iterator[tuple[str, bytes | FileRefused]]:
    """What is inside a file's bytes: itself, or each member of a zip.

    Yields:
        (suffix, content): the suffix to the path (empty, or `!/member`) and the bytes, or why they are refused.

    Raises:
        FileRefused: the file as a whole is empty, damaged, encrypted or too large.
    """
    check_size(len(raw))
    if not is_archive(raw):
        yield "", unpack(raw)
        return
    size = 0
    names: list[str] = []
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for info in archive.infolist():
            if info.filename.endswith("/"):
                continue
            if info.flag_bits & 0x1:
                raise FileRefused("the zip is encrypted", "Ask the sender for it without a password")
            size += info.file_size
            if size > MAX_CONTENT_BYTES:
                raise _too_large(size)
            names.append(member_name(info))
            nth = names.count(names[-1])
            yield MEMBER_MARK + names[-1] + (f" ({nth})" if nth > 1 else ""), _read_member(archive, info)
    if not names:
        raise FileRefused("the zip holds no file", "Ask the sender to send it again")


def read_content(landing: Path, path: str) -> bytes:
    """The content of an arrival by its ledger path.

    Raises:
        FileRefused: it cannot be opened.
        FileNotFoundError: it is gone.
    """
    file, mark, member = path.partition(MEMBER_MARK)
    check_size((landing / file).stat().st_size)
    raw = (landing / file).read_bytes()
    for suffix, content in open_members(raw):
        if suffix == mark + member:
            if isinstance(content, FileRefused):
                raise content
            return content
    raise FileRefused(f"the zip has no member {member} any more", "Nothing; the next run takes it as it is now")


def is_archive(raw: bytes) -> bool:
    """Whether bytes are a zip of files; a workbook is a zip too, but not an archive.

    Raises:
        FileRefused: a damaged zip.
    """
    if not raw.startswith(ZIP_MAGIC):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return "[Content_Types].xml" not in archive.namelist()
    except ZIP_ERRORS as error:
        raise FileRefused(
            f"the zip or workbook is damaged or cut off ({_describe(error)})", "Ask the sender to send it again"
        ) from error


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name; without the UTF-8 flag it is GBK, which zipfile reads as code page 437.

    Nothing is ever written under it, and it leads nowhere: no root, no folder above, no character that a terminal
    would obey; `unnamed` where nothing is left of it.
    """
    name = info.filename
    if not info.flag_bits & 0x800:
        name = name.encode("cp437").decode("gb18030", errors="replace")
    steps = [step for step in re.split(r"[/\\]", name) if step not in ("", ".", "..")] or ["unnamed"]
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf") else c for c in "/".join(steps))


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | FileRefused:
    try:
        with archive.open(info) as member:
            content = member.read(info.file_size + 1)
        if content.startswith(ZIP_MAGIC) and is_archive(content):
            raise FileRefused("a zip within the zip", "Ask the sender for one zip")
        return unpack(content)
    except FileRefused as refusal:
        return refusal
    except ZIP_ERRORS as error:
        return FileRefused(f"the zip's member is damaged ({_describe(error)})", "Ask the sender to send it again")


def unpack(raw: bytes) -> bytes:
    """The content of a file's bytes.

    Raises:
        FileRefused: an empty, damaged or oversized file.
    """
    check_size(len(raw))
    if not raw:
        raise FileRefused("the file is empty (0 bytes)", "Ask the sender to export it again")
    if not raw.startswith(GZIP_MAGIC):
        return unwrap_answer(raw)
    decoder = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    size = 0
    data = raw
    while data:
        try:
            part = decoder.decompress(data, MAX_CONTENT_BYTES - size + 1)
        except zlib.error as error:
            raise FileRefused(
                f"the gzip is damaged after {size:,} bytes of content ({error})",
                "Ask the sender to send it again",
            ) from error
        parts.append(part)
        size += len(part)
        if size > MAX_CONTENT_BYTES:
            raise _too_large(size)
        if not decoder.eof:
            raise FileRefused(
                f"the gzip is truncated: it ends after {size:,} bytes of content without its checksum",
                "The transfer was cut off; ask the sender to send it again",
            )
        data = decoder.unused_data.lstrip(b"\0")
        decoder = zlib.decompressobj(wbits=31)
    content = b"".join(parts)
    if not content:
        raise FileRefused("the gzip holds an empty file", "Ask the sender to export it again")
    return unwrap_answer(content)


def check_size(size: int) -> None:
    """Refuse what is larger than any export, before it is read.

    Raises:
        FileRefused: more than MAX_CONTENT_BYTES.
    """
    if size > MAX_CONTENT_BYTES:
        raise _too_large(size)


def _too_large(size: int) -> FileRefused:
    return FileRefused(
        f"the content has more than {MAX_CONTENT_BYTES:,} bytes (at least {size:,})",
        "Ask the sender for one file a day or a month",
    )
