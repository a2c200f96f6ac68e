from __future__ import annotations

import gzip
import io
import zipfile
import zlib

import pytest

from loopmart.errors import FileRefused
from loopmart.ingest import containers
from loopmart.ingest.containers import open_members, unpack

TEXT = b"a,b\n1,2\n" * 1000


def test_plain_and_gzip_give_the_same_content() -> None:
    assert unpack(TEXT) == unpack(gzip.compress(TEXT)) == TEXT


def test_gzip_members_that_follow_each_other_are_one_content() -> None:
    assert unpack(gzip.compress(TEXT) + gzip.compress(TEXT)) == TEXT * 2


@pytest.mark.parametrize("cut", [1, 8, 9, 20])
def test_a_truncated_gzip_is_refused(cut: int) -> None:
    with pytest.raises(FileRefused, match="truncated"):
        unpack(gzip.compress(TEXT)[:-cut])


def test_a_damaged_gzip_is_refused() -> None:
    raw = bytearray(gzip.compress(TEXT))
    raw[len(raw) // 2] ^= 0xFF
    with pytest.raises(FileRefused, match=r"damaged|truncated"):
        unpack(bytes(raw))


@pytest.mark.parametrize("raw", [b"", gzip.compress(b"", mtime=0)], ids=["nothing", "gzip of nothing"])
def test_an_empty_file_is_refused(raw: bytes) -> None:
    with pytest.raises(FileRefused, match="empty"):
        unpack(raw)


def test_a_decompression_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAX_CONTENT_BYTES", 10_000)
    with pytest.raises(FileRefused, match="more than 10,000 bytes"):
        unpack(zlib.compress(b"0" * 10_000_000, wbits=31))


def zip_of(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_whose_directory_points_before_the_file_is_damaged_not_a_crash() -> None:
    raw = bytearray(zip_of("a.csv", TEXT))
    del raw[-900:-800]  # what the end of the zip says of places is wrong by as much
    ((_, content),) = open_members(bytes(raw))
    assert isinstance(content, FileRefused)
    assert "damaged" in content.reason


@pytest.mark.parametrize("name", [b"\0.csv", b"../.."])
def test_a_member_without_a_name_is_read(name: bytes) -> None:
    raw = zip_of("x.csv", TEXT).replace(b"x.csv", name)
    assert list(open_members(raw)) == [("!/unnamed", TEXT)]


def test_a_zip_without_a_file_is_refused() -> None:
    with pytest.raises(FileRefused, match="holds no file"):
        list(open_members(zip_of("folder/", b"")))


def test_a_damaged_member_shows_none_of_its_bytes() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("bill.csv", "phone\n19900990000\n")
    raw = bytearray(out.getvalue())
    raw[26:28] = (40).to_bytes(2, "little")
    ((_, content),) = open_members(bytes(raw))
    assert isinstance(content, FileRefused)
    assert content.reason == "the zip's member is damaged (its directory and its contents differ)"
