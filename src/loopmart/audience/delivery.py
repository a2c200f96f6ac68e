"""What is handed to the tools that send: the treatment arm in the layouts that they take.

The lists are our own templates `sms_send_list` and `wechat_push_list`: filled with when each message went out, they
come back as touches. The requests are bodies of SendSms of Aliyun (2017-05-25) and of Tencent Cloud (2021-01-11), and
of message/mass/send of WeChat, one a line. The campaign is the reference that reports give back, so that touches know
it.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from loopmart.audience.definitions import Audience
from loopmart.durable import sync

ALIYUN_PHONES, TENCENT_PHONES, WECHAT_OPENIDS = 1000, 200, 10_000
"""The most that one request takes."""
CHINA = "+86"

Files = Iterator[tuple[str, str]]
"""Name and text of files."""


def write_delivery(folder: Path, audience: Audience, export_id: str, contacts: Mapping[str, str]) -> None:
    """Write the files of an export, readable by their owner alone.

    Args:
        folder: an empty one.
        contacts: raw text by member_id, as `loopmart.audience.contacts` finds them.
    """
    lay_out: dict[str, Callable[[Audience, str, list[str]], Files]] = {
        "sms": _lay_out_sms, "wechat": _lay_out_wechat, "card_list": _lay_out_cards,
    }  # fmt: skip
    texts = [contacts[member] for member in sorted(contacts)]
    for name, text in lay_out[audience.channel](audience, export_id, texts):
        write_private(folder / name, text)


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, and make it durable."""
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
    ) as file:
        file.write(text)
    sync(path)


def write_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue()


def _lay_out_sms(audience: Audience, export_id: str, phones: list[str]) -> Files:
    header = ("campaign_id", "phone", "template_id", "message_id", "sent_at", "delivered_at", "status")
    rows = [
        (audience.campaign_id, phone.removeprefix(CHINA), audience.template_id, f"{export_id}-{n}", "", "", "waiting")
        for n, phone in enumerate(phones, start=1)
    ]
    yield "sms_send_list.csv", write_table(header, rows)
    plain = [phone.removeprefix(CHINA) if phone.startswith(CHINA) else phone.replace("+", "00") for phone in phones]
    message = {"SignName": audience.sign_name, "OutId": audience.campaign_id}
    yield (
        f"aliyun_sms_{export_id}.jsonl",
        _write_requests(
            {"PhoneNumbers": ",".join(some), "TemplateCode": audience.template_id, **message}
            for some in _split(plain, ALIYUN_PHONES)
        ),
    )
    message = {"SignName": audience.sign_name, "SessionContext": audience.campaign_id}
    yield (
        f"tencent_sms_{export_id}.jsonl",
        _write_requests(
            {"PhoneNumberSet": some, "TemplateId": audience.template_id, **message}
            for some in _split(phones, TENCENT_PHONES)
        ),
    )


def _lay_out_wechat(audience: Audience, export_id: str, texts: list[str]) -> Files:
    header = ("campaign_id", "appid", "openid", "template_id", "message_id", "sent_at", "delivered_at", "status")
    people = [tuple(text.split("|")[1:]) for text in texts]
    rows = [
        (audience.campaign_id, *person, audience.template_id, f"{export_id}-{n}", "", "", "waiting")
        for n, person in enumerate(people, start=1)
    ]
    yield "wechat_push_list.csv", write_table(header, rows)
    by_account: dict[str, list[str]] = defaultdict(list)
    for appid, openid in people:
        by_account[appid].append(openid)
    for appid, openids in by_account.items():
        yield (
            f"wechat_mass_{appid}.jsonl",
            _write_requests(
                {"touser": some, "clientmsgid": f"{export_id}-{n}"}
                for n, some in enumerate(_split(openids, WECHAT_OPENIDS), start=1)
            ),
        )


def _lay_out_cards(audience: Audience, export_id: str, cards: list[str]) -> Files:
    rows = [(export_id, audience.campaign_id, card) for card in cards]
    yield "card_list.csv", write_table(("export_id", "campaign_id", "card_no"), rows)


def _write_requests(requests: Iterator[dict[str, object]]) -> str:
    return "".join(json.dumps(request, ensure_ascii=False) + "\n" for request in requests)


def _split(items: list[str], size: int) -> Iterator[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
