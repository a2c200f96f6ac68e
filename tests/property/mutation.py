"""Damaged files: the golden bills in many encodings and containers, with bytes that went wrong."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.sources import Source, load_sources, names_in
from loopmart.ingest.json_records import find_records, read_documents
from loopmart.ingest.recognise import clean_cell, recognise
from tests.conftest import PROJECT
from tests.golden.containers import as_json_lines, as_parquet, as_workbook, zip_with_gbk_names

GOLDEN = PROJECT / "tests" / "golden"
FEEDS = load_feeds(PROJECT / "contracts")
SOURCES = load_sources(PROJECT / "contracts", FEEDS)
MARK = "1990099"
"""Begins every personal value that is planted into a seed, and nothing else; with four more digits a phone number."""
IDENTIFIER = re.compile(r"(?!20\d\d-)(?=(.*\d){4})[+]?[A-Za-z0-9_ -]{8,40}")
SPECIAL = [
    b'"', b'""', b"'", b"`", b'="', b"\n", b"\r", b"\r\n", b"\n\n", b",", b",,", b";", b"\t", b"|", b"\\", b"\0", b" ",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\x80", b"\xc3", b"\xe4\xb8", b"\x1a", b"\x1f", b"\x85", b"\xe2\x80\xa8",
    b"\xe3\x80\x80", b"{", b"}", b"[", b"]", b":", b"#", b"%", b"\xef\xbc\x91", b"\xc2\xa0", b"\x0b", b"\x0c",
]  # fmt: skip
NUMBERS = [
    "1.005", "1e3", "1E+15", "1_0.00", "+5", "-5", ".5", "1.", "0x10", "007", "-0.00", "1,234.50",
    "99999999999999999.99",
    "9" * 40, "1e999", "NaN", "inf", "-", "１.00", "½", "2026-02-30", "0000-00-00", "2026-13-01 25:61:61", "1" * 5000,
]  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A golden bill.

    Attributes:
        text: as it stands there, with planted values where it holds personal ones.
        header_line: 1-based; 0 of a JSON.
    """

    case: str
    source: Source
    text: str
    name: str
    sender: str
    forms: tuple[str, ...]
    header_line: int


def load_seeds() -> list[Seed]:
    """Every golden bill, by name of its case."""
    return [_load_seed(path.parent) for path in sorted(GOLDEN.glob("*/expected.json"))]


def known_settings() -> dict[str, str]:
    """What stores.csv must know of senders so that the bills can be read."""
    known: dict[str, dict[str, str]] = {}
    for path in sorted(GOLDEN.glob("*/expected.json")):
        for sender, settings in json.loads(path.read_text("utf-8")).get("settings", {}).items():
            known.setdefault(sender, {}).update(pair.split("=", 1) for pair in settings.split(";"))
    return {sender: ";".join(f"{k}={v}" for k, v in pairs.items()) for sender, pairs in known.items()}


def _load_seed(folder: Path) -> Seed:
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text("utf-8"))
    source = SOURCES[expected["source"]]
    text = next(folder.glob("bill.*")).read_bytes().decode()
    forms = ["plain"] if source.format == "json" else ["plain", "plain", "plain", "gzip", "zip"]
    forms += [form for form in ("xlsx", "jsonl", "parquet") if form in expected]
    found = recognise(text.encode(), [source])
    for n, value in enumerate(sorted(_personal_values(text, source, found.header, found.header_line), key=len)[::-1]):
        text = text.replace(value, f"{MARK}{n:04}")
    return Seed(
        folder.name, source, text, expected.get("name", "bill.csv"), expected.get("sender", "S00101"), tuple(forms),
        found.header_line,
    )  # fmt: skip


def _personal_values(text: str, source: Source, header: tuple[str, ...], header_line: int) -> set[str]:
    """Phone numbers and other long identifiers in the cells that become tokens and are kept in no other way."""
    if not source.feed:
        return set()
    fields = {f.name for f in FEEDS[source.feed].fields if f.token_of}
    names = {name for name, mapped in source.columns.items() if mapped in fields}
    names |= {name for field in fields for name in names_in(source.derive.get(field, ""))}
    names -= {name for name, mapped in source.columns.items() if mapped not in fields}
    names -= {name for field, sql in source.derive.items() if field not in fields for name in names_in(sql)}
    clean = {clean_cell(name) for name in names}
    rows: list[Mapping[str, str]]
    if source.format == "json":
        rows = list(find_records(read_documents(text.encode())[0], source.records) or [])
    else:
        lines = csv.reader(text.splitlines()[header_line:], delimiter=source.delimiter)
        rows = [dict(zip(header, map(clean_cell, cells), strict=False)) for cells in lines]
    values = {value for row in rows for name, value in row.items() if clean_cell(name) in clean}
    return {value for value in values if IDENTIFIER.fullmatch(value)}


def damage(seeds: list[Seed], chance: random.Random) -> tuple[Seed, bytes]:
    """A file made of one of the seeds, seldom of two."""
    seed = chance.choice(seeds)
    text = seed.text
    if chance.random() < 0.1:
        other = chance.choice(seeds).text
        text = text[: chance.randrange(len(text) + 1)] + other[chance.randrange(len(other) + 1) :]
    text = chance.choice([text, text, text.replace("\r\n", "\n"), text.replace("\n", "\r\n"), text.replace("\n", "\r")])
    for _ in range(chance.choice([0, 0, 0, 1, 1, 2])):
        text = _change_number(text, chance)
    encoding = "utf-8"
    if seed.source.format != "json":
        encoding = chance.choice(["utf-8", "utf-8", "utf-8", "utf-8-sig", "gb18030", "gb18030", "utf-16"])
    count = chance.choice([0, 1, 1, 1, 2, 3, 5, 40])
    content = _damage_bytes(text.encode(encoding), chance, count)
    form = chance.choice(seed.forms)
    if form == "plain":
        return seed, content
    packed = _pack(form, content, text, seed)
    return seed, _damage_bytes(packed, chance, chance.choice([0, 0, 0, 1, 4]))


def _pack(form: str, content: bytes, text: str, seed: Seed) -> bytes:
    if form == "gzip":
        return gzip.compress(content, 1)
    if form == "zip":
        return zip_with_gbk_names({seed.name: content})
    pack = {"xlsx": as_workbook, "jsonl": as_json_lines, "parquet": as_parquet}[form]
    try:
        return pack(text)
    except (csv.Error, ValueError, TypeError):  # what is no table any more
        return pack(seed.text)


def _change_number(text: str, chance: random.Random) -> str:
    places = list(re.finditer(r"\d+([.]\d+)?", text))
    if not places:
        return text
    place = chance.choice(places)
    return text[: place.start()] + chance.choice(NUMBERS) + text[place.end() :]


def _damage_bytes(content: bytes, chance: random.Random, count: int) -> bytes:
    body = bytearray(content)
    for _ in range(count):
        if body:
            chance.choice(DAMAGES)(body, chance)
    return bytes(body)


def _flip(body: bytearray, chance: random.Random) -> None:
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)


def _overwrite(body: bytearray, chance: random.Random) -> None:
    body[chance.randrange(len(body))] = chance.randrange(256)


def _delete(body: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(body))
    del body[at : at + chance.choice([1, 1, 2, 20, 300])]


def _insert(body: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(body) + 1)
    body[at:at] = chance.choice(SPECIAL)


def _insert_run(body: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(body) + 1)
    body[at:at] = chance.choice(SPECIAL) * chance.choice([3, 60, 2000])


def _truncate(body: bytearray, chance: random.Random) -> None:
    del body[chance.randrange(len(body)) :]


def _behead(body: bytearray, chance: random.Random) -> None:
    del body[: chance.randrange(len(body))]


def _repeat(body: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(body))
    block = body[at : at + chance.randint(1, 400)]
    to = chance.randrange(len(body) + 1)
    body[to:to] = block


def _swap_lines(body: bytearray, chance: random.Random) -> None:
    lines = body.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    body[:] = b"\n".join(lines)


def _repeat_line(body: bytearray, chance: random.Random) -> None:
    lines = body.split(b"\n")
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    body[:] = b"\n".join(lines)


DAMAGES: list[Callable[[bytearray, random.Random], None]] = [
    _flip, _overwrite, _delete, _insert, _insert, _insert, _insert_run, _truncate, _behead, _repeat, _swap_lines,
    _repeat_line,
]  # fmt: skip
