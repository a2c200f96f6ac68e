"""Identity evidence in short: `card:a phone:p` said on some days, and what it is resolved to."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from loopmart.identity import resolve_affected, resolve_identifiers
from loopmart.identity.rules import RULES, Rules
from loopmart.identity.tokens import KEY_DIGITS

KINDS_OF_NAMES = {
    "card": "vip_card", "phone": "phone", "openid": "wechat_openid", "unionid": "unionid", "alipay": "alipay_user",
    "account": "shop_account", "twin": "alipay_user",
}  # fmt: skip
DAY = date(2026, 1, 1)
EDGE_SCHEMA = pa.schema(
    {
        "a_type": pa.utf8(), "a_issuer": pa.utf8(), "a_token": pa.utf8(), "b_type": pa.utf8(), "b_issuer": pa.utf8(),
        "b_token": pa.utf8(), "evidence_kind": pa.utf8(), "first_seen_date": pa.date32(),
        "last_seen_date": pa.date32(), "evidence_count": pa.int64(), "file_id": pa.utf8(), "line": pa.int64(),
        "evidence_hash": pa.int64(), "a_key": pa.int64(), "a_middle": pa.int64(), "a_end": pa.int64(),
        "b_key": pa.int64(), "b_middle": pa.int64(), "b_end": pa.int64(),
    }
)  # fmt: skip
DIGITS_OF_PARTS = (slice(15), slice(15, 30), slice(30, 32))
CONFLICT_SCHEMA = pa.schema(dict.fromkeys(("phone_token", "a_token", "b_token"), pa.utf8()))


def identify(name: str) -> tuple[str, str, str]:
    """Type, issuer and token of `card:7`, or of `openid:x@app`; that of `twin:7` has the key of `card:7`."""
    kind, rest = name.split(":")
    issuer = rest.partition("@")[2]
    digits = hashlib.sha256(name.encode()).hexdigest()[:32]
    if kind == "twin":
        digits = token(f"card:{rest}")[:KEY_DIGITS] + digits[KEY_DIGITS:]
    return KINDS_OF_NAMES[kind], issuer, digits


def token(name: str) -> str:
    """Token of a name."""
    return identify(name)[2]


def own_id(name: str) -> str:
    """The id that an identifier founds."""
    return "M" + token(name)[:20]


def key(name: str) -> str:
    """A name as the decisions write it."""
    return ":".join(identify(name))


@dataclass(frozen=True)
class Said:
    """A row of evidence: days are counted from 2026-01-01; None where the day is not known."""

    a: str
    b: str | None = None
    kind: str = "order"
    first: int | None = 0
    last: int | None = None
    count: int = 1
    file: str = "f1"
    line: int = 1

    def row(self) -> dict[str, Any]:
        """As the model of edges has it."""
        ends = sorted((identify(name) for name in (self.a, self.b) if name), key=lambda end: end[2])
        ends += [(None, None, None)] * (2 - len(ends))  # type: ignore[list-item]
        last = self.first if self.last is None else self.last
        days = (None if day is None else DAY + timedelta(day) for day in (self.first, last))
        digits = [token and int(token[part], 16) for _, _, token in ends for part in DIGITS_OF_PARTS]
        values = [*ends[0], *ends[1], self.kind, *days, self.count, self.file, self.line]
        hashed = int(hashlib.sha256(str(values).encode()).hexdigest()[:15], 16)
        return dict(zip(EDGE_SCHEMA.names, [*values, hashed, *digits], strict=True))


def record(names: str, first: int | None = 0, last: int | None = None, kind: str = "order", **more: Any) -> list[Said]:
    """Every two identifiers of one record, such as `card:a phone:p`; one alone is a row of its own."""
    found = names.split()
    if len(found) == 1:
        return [Said(found[0], None, kind, first, last, **more)]
    return [Said(a, b, kind, first, last, **more) for a, b in itertools.combinations(found, 2)]


class Warehouse:
    """Evidence, decisions and what they are resolved to, in an engine of its own."""

    def __init__(self, folder: Path, rules: Rules = RULES) -> None:
        self.session = duckdb.connect()
        self.file = folder / "identity_decisions.csv"
        self.rules = rules
        self.conflicts: list[tuple[str, str, str]] = []

    def decide(self, *lines: str) -> None:
        """Write decisions such as `2026-03-01 veto card:a card:b`."""
        rows = ["decided_on,decision,a,b,decided_by,reason"]
        for line in lines:
            day, decision, a, *b = line.split()
            rows.append(f"{day},{decision},{key(a)},{key(b[0]) if b else ''},tester,because")
        self.file.write_text("\n".join(rows) + "\n", encoding="utf-8")

    def store(self, said: Iterable[Said]) -> None:
        """The evidence as a table."""
        self.register("edges_now", pa.Table.from_pylist([one.row() for one in said], EDGE_SCHEMA))
        rows = [dict(zip(CONFLICT_SCHEMA.names, map(token, names), strict=True)) for names in self.conflicts]
        self.register("conflicts_now", pa.Table.from_pylist(rows, CONFLICT_SCHEMA))

    def register(self, name: str, table: pa.Table) -> None:
        """A table under a name."""
        self.session.register("incoming", table)
        self.session.execute(f"create or replace table {name} as from incoming")
        self.session.unregister("incoming")

    def resolve(self, said: Iterable[Said]) -> Resolved:
        """Everything anew."""
        self.store(said)
        arguments: dict[str, Any] = {"decisions": self.file, "conflicts": "conflicts_now", "rules": self.rules}
        self.register("resolved", resolve_identifiers(self.session, "edges_now", **arguments).read_all())
        return self.read()

    def resolve_change(self, said: Iterable[Said]) -> Resolved:
        """What changed, put in place as the model does: delete by key, insert, and take away what is gone."""
        self.store(said)
        arguments: dict[str, Any] = {"decisions": self.file, "conflicts": "conflicts_now", "rules": self.rules}
        rows = resolve_affected(self.session, "edges_now", "resolved", **arguments).read_all()
        self.register("fresh", rows)
        self.session.execute("delete from resolved where identifier_key in (select identifier_key from fresh)")
        self.session.execute("insert into resolved from fresh")
        self.session.execute("delete from resolved where status = 'gone'")
        return self.read()

    def read(self) -> Resolved:
        """The rows as they stand."""
        return Resolved(self.session.execute("from resolved order by all").to_arrow_table().to_pylist())


class Resolved:
    """Rows of identifiers, asked by name."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def row(self, name: str, period: int = 1) -> dict[str, Any]:
        """The row of an identifier."""
        (found,) = [r for r in self.rows if r["identifier_token"] == token(name) and r["period"] == period]
        return found

    def member(self, name: str, period: int = 1) -> str | None:
        """Its member."""
        member: str | None = self.row(name, period)["member_id"]
        return member

    def status(self, name: str, period: int = 1) -> str:
        """Its status."""
        return str(self.row(name, period)["status"])

    def are_one(self, *names: str) -> bool:
        """Whether all are one member."""
        members = {self.member(name) for name in names}
        return len(members) == 1 and None not in members

    def changes(self, name: str) -> list[tuple[str, str, int]]:
        """What became of the member that an identifier founds: event, new member, day."""
        return [
            (change["event"], change["new_member_id"], (change["event_date"] - DAY).days)
            for change in self.row(name)["changes"] or []
        ]
