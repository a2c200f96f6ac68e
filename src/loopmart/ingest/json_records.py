"""JSON as an API answers it: one document with a list of records somewhere in it, or a record a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Record = Mapping[str, str]


def is_json(content: bytes) -> bool:
    """Whether a content looks like JSON: its first sign is a brace or a bracket."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read_documents(content: bytes) -> tuple[list[Any], bool]:
    """Parse a content.

    Returns:
        (documents, is_lines): one document, or one for each line.

    Raises:
        ValueError: neither one JSON document nor one a line; the message names the place.
    """
    text = content.decode("utf-8-sig")
    try:
        return [parse(text)], False
    except json.JSONDecodeError as error:
        lines = [line for line in split_lines(text) if line.strip()]
        if error.msg != "Extra data" or len(lines) < 2:
            raise
        return [parse(line) for line in lines], True


def split_lines(text: str) -> list[str]:
    """Physical lines; other signs that Unicode takes as line ends may stand within a JSON text."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def parse(text: str) -> Any:
    """Parse JSON without touching a number: each stays the text that stands there."""
    return json.loads(text, parse_float=str, parse_int=str)


def find_records(documents: list[Any], path: str) -> list[Record] | None:
    """The records of the list at a dotted path, each as flat texts; None where there is no such list."""
    found: list[Any] = []
    for document in documents:
        place = document
        for step in filter(None, path.split(".")):
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, list):
            found.extend(place)
        elif isinstance(place, dict) and (len(documents) > 1 or not path):  # without a path a record is a document
            found.append(place)
        else:
            return None
    return [flatten(record) for record in found] if all(isinstance(r, dict) for r in found) else None


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """A record's values as texts; nested keys are joined with dots, null is an empty text."""
    flat: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        elif isinstance(value, (list, bool)):
            flat[prefix + key] = json.dumps(value, ensure_ascii=False)
        else:
            flat[prefix + key] = "" if value is None else str(value)
    return flat
