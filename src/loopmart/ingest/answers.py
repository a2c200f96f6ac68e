"""Answers of APIs that people save under the name of the file that they asked for.

A vendor that has no file answers with a few fields, as XML (WeChat Pay v2: `<return_msg>No Bill Exist</return_msg>`),
JSON (v3: `{"code": …, "message": …}`) or a page for a browser; one that has it may answer with a link, or with the text
of the file inside a JSON (`respdata`, as WeChat's cloud hosting does).
"""

from __future__ import annotations

import json
import re
from typing import Any

WRAPPED = "respdata"
LINKS = ("download_url", "bill_download_url")
TOLD = (
    "return_code", "return_msg", "result_code", "err_code", "err_code_des", "error_code", "code", "message", "msg",
    "sub_code", "sub_msg", "errcode", "errmsg", "title",
)  # fmt: skip
"""Fields in which vendors tell what went wrong."""
XML_FIELD = re.compile(r"<(\w+)>\s*(?:<!\[CDATA\[)?([^<\]]*)", re.ASCII)
HEAD_BYTES = 1 << 14
MAX_TOLD = 300


def unwrap_answer(content: bytes) -> bytes:
    """The text of the file that a JSON answer carries, as UTF-8; any other content as it is."""
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{" or f'"{WRAPPED}"'.encode() not in content[:HEAD_BYTES]:
        return content
    answer = _parse(content)
    text = answer.get(WRAPPED)
    return text.encode() if isinstance(text, str) and text else content


def explain_answer(content: bytes) -> tuple[str, str] | None:
    """(reason, remedy) where a content is an answer that holds no file; None where it is none.

    What the vendor says is quoted; a link is not, as it lets anyone download who has it.
    """
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        head = content[:HEAD_BYTES].decode("utf-8", errors="replace")
        fields: dict[str, Any] = {name.lower(): text.strip() for name, text in reversed(XML_FIELD.findall(head))}
    elif start == b"{":
        fields = _parse(content)
    else:
        return None
    inner = [value for key, value in fields.items() if key.endswith("_response") and isinstance(value, dict)]
    fields = inner[0] if inner else fields
    if any(fields.get(link) for link in LINKS):
        return (
            "it is the answer of an API with a link to the file, not the file",
            "Download the file behind a new link, links are valid for minutes; send that file",
        )
    told = ", ".join(f"{key} {fields[key]}" for key in TOLD if fields.get(key) and not isinstance(fields[key], dict))
    if not told:
        return None
    return (
        f"it is no file but an answer that says: {told[:MAX_TOLD]}",
        "Ask for the file again when it exists; bills of a day are ready after 10:00 of the next, and of a day without "
        "a payment there may be none",
    )


def _parse(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
