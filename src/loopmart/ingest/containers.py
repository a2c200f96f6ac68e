"""Opening what a file came in: plain bytes, gzip. The content decides, not the name."""

from __future__ import annotations

import zlib

from loopmart.errors import FileRefused

GZIP_MAGIC = b"\x1f\x8b"
MAX_CONTENT_BYTES = 2 << 30
"""Content beyond this is refused: no export is that large, but a decompression bomb is."""


def unpack(raw: bytes) -> bytes:
    """The content of a file's bytes.

    Raises:
        FileRefused: an empty, damaged or oversized file.
    """
    if len(raw) > MAX_CONTENT_BYTES:
        raise _too_large(len(raw))
    if not raw:
        raise FileRefused("the file is empty (0 bytes)", "Ask the sender to export it again")
    if not raw.startswith(GZIP_MAGIC):
        return raw
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
    return content


def _too_large(size: int) -> FileRefused:
    return FileRefused(
        f"the content has more than {MAX_CONTENT_BYTES:,} bytes (at least {size:,})",
        "Ask the sender for one file a day or a month",
    )
