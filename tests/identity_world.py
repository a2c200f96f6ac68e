"""A planted world: people with identifiers of every type, whose evidence is muddled in known ways. By seed, vectorised.

Planted: cashiers' cards with hundreds of payers, family phones, phones that a carrier gave to somebody else, couples of
whom one pays for the other's card, and openids whose text is somebody else's under another app.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

CASHIERS, PAYERS = 200, 300
FAMILIES, FAMILY = 1000, 5
REASSIGNED = 2000
COUPLES = 40
DAYS = 730
NONE = -1

# type, issuer, share of people
SLOTS = {
    "card": ("vip_card", "", 0.6), "second_card": ("vip_card", "", 0.015), "phone": ("phone", "", 0.85),
    "openid_1": ("wechat_openid", "wxapp1", 0.7), "openid_2": ("wechat_openid", "wxapp2", 0.4),
    "unionid": ("unionid", "", 0.5), "alipay": ("alipay_user", "", 0.35), "account": ("shop_account", "mall", 0.15),
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """Identifiers with their owners, and what records say of them.

    Attributes:
        identifiers: those that records name: identifier_token, period, person; a shared value is nobody's and has a
            number of its own.
        edges: as the model of edges has them.
    """

    identifiers: pd.DataFrame
    edges: pa.Table


def plant_world(people: int, seed: int) -> World:
    """A world of so many people."""
    rng = np.random.default_rng(seed)
    has = {name: rng.random(people) < share for name, (_, _, share) in SLOTS.items()}
    has["second_card"] &= has["card"] & has["phone"]
    has["unionid"] &= has["openid_1"]
    has["openid_2"] &= has["unionid"]
    value = {name: np.arange(people) for name in SLOTS}
    value["second_card"] = value["second_card"] + people
    value["openid_2"] = (np.arange(people) + 1) % people  # the text of the next one's openid under the other app
    shuffled = rng.permutation(people)
    joined = rng.integers(0, DAYS - 200, people)  # when the person came first
    records: list[pd.DataFrame] = []

    def say(kind: str, left: str, right: str, who: np.ndarray, first: np.ndarray, length: np.ndarray | int) -> None:
        who_has = has[left][who] & has[right][who]
        add(kind, left, value[left][who][who_has], right, value[right][who][who_has], first[who_has], length, who_has)

    def add(kind, left, a, right, b, first, length, chosen=None) -> None:  # type: ignore[no-untyped-def]
        days = np.broadcast_to(length, chosen.shape if chosen is not None else first.shape)
        last = np.minimum(first + (days[chosen] if chosen is not None else days), DAYS)
        frame = {"kind": kind, "left": left, "a": a, "right": right, "b": b, "first": first, "last": last}
        records.append(pd.DataFrame(frame))

    families = shuffled[: FAMILIES * FAMILY]
    has["card"][families] = True
    has["phone"][families] = False
    owners = shuffled[FAMILIES * FAMILY :]
    owners = owners[has["phone"][owners] & has["card"][owners] & ~has["second_card"][owners]][: 2 * REASSIGNED]
    before, after = owners[:REASSIGNED], owners[REASSIGNED:]
    value["phone"][after] = value["phone"][before]
    is_owner = np.isin(np.arange(people), owners)
    everyone = np.arange(people)
    usual = everyone[~is_owner]

    for who, first in ((before, rng.integers(0, 60, REASSIGNED)), (after, rng.integers(400, 500, REASSIGNED))):
        joined[who] = first
        say("member_list", "card", "phone", who, first, rng.integers(30, 200, REASSIGNED))
    for kind, left, right, who, start, spread, length in (
        ("member_list", "card", "phone", usual, 0, 1, DAYS),
        ("member_list", "second_card", "phone", usual, 100, 1, DAYS),
        ("follower", "openid_1", "unionid", everyone, 5, 1, DAYS),
        ("follower", "openid_2", "unionid", everyone, 9, 1, DAYS),
        ("order", "card", "openid_1", everyone, 0, 100, None),
        ("payment", "card", "alipay", everyone, 0, 100, None),
        ("order", "phone", "openid_1", usual, 0, 80, None),
        ("order", "phone", "account", usual, 0, 80, None),
        ("order", "account", "openid_1", everyone, 0, 90, None),
        ("payment", "openid_1", "alipay", everyone, 0, 90, 0),
        ("touch", "account", "card", everyone, 0, 90, None),
    ):
        until = rng.exponential(150, len(who)).astype(int) if length is None else length
        say(kind, left, right, who, joined[who] + start + rng.integers(0, spread, len(who)), until)

    payers = rng.choice(np.flatnonzero(has["openid_1"]), CASHIERS * PAYERS)
    cashiers = np.repeat(np.arange(CASHIERS), PAYERS)
    add("payment", "cashier", cashiers, "openid_1", payers, rng.integers(0, DAYS, len(payers)), 0)
    homes = np.repeat(np.arange(FAMILIES), FAMILY)
    add("member_list", "card", families, "home", homes, joined[families], DAYS)
    both = np.flatnonzero(has["card"] & has["openid_1"])[: 2 * COUPLES].reshape(2, COUPLES)
    add("order", "card", both[0], "openid_1", both[1], rng.integers(300, 600, COUPLES), 0)
    return _write(people, has, value, after, pd.concat(records, ignore_index=True))


def _write(
    people: int, has: dict[str, np.ndarray], value: dict[str, np.ndarray], after: np.ndarray, records: pd.DataFrame
) -> World:
    owned = [
        pd.DataFrame(
            {
                "slot": name,
                "value": value[name][has[name]],
                "person": np.flatnonzero(has[name]),
                "period": 1 + (np.isin(np.flatnonzero(has[name]), after) & (name == "phone")),
            }
        )
        for name in SLOTS
    ]
    for slot, count in (("cashier", CASHIERS), ("home", FAMILIES)):
        numbers = np.arange(count)
        person = people * (2 if slot == "cashier" else 3) + numbers
        owned.append(pd.DataFrame({"slot": slot, "value": numbers, "person": person, "period": 1}))
    names = [(slot, kind, issuer) for slot, (kind, issuer, _) in SLOTS.items()]
    names += [("cashier", "vip_card", ""), ("home", "phone", "")]
    with duckdb.connect() as engine:
        engine.register("owned", pd.concat(owned, ignore_index=True))
        engine.register("records", records)
        engine.register("slots", pd.DataFrame(names, columns=["slot", "type", "issuer"]))
        engine.execute(
            """
            create macro spell(slot, value) as
                if(slot in ('cashier', 'home'), slot || value, if(slot like 'openid%', 'o', '') || value);
            create macro tokenise(type, issuer, text) as md5(concat_ws(':', type, issuer, text));
            """
        )
        identifiers = engine.execute(
            """
            select tokenise(type, issuer, spell(slot, value)) as identifier_token, period, person
            from owned join slots using (slot)
            """
        ).df()
        edges = engine.execute(
            """
            with ends as (
                select
                    records.*, x.type as x_type, x.issuer as x_issuer, y.type as y_type, y.issuer as y_issuer,
                    tokenise(x.type, x.issuer, spell("left", a)) as x_token,
                    tokenise(y.type, y.issuer, spell("right", b)) as y_token,
                    row_number() over () as line
                from records join slots as x on x.slot = "left" join slots as y on y.slot = "right"
            )
            select
                if(x_token < y_token, x_type, y_type) as a_type,
                if(x_token < y_token, x_issuer, y_issuer) as a_issuer,
                least(x_token, y_token) as a_token,
                if(x_token < y_token, y_type, x_type) as b_type,
                if(x_token < y_token, y_issuer, x_issuer) as b_issuer,
                greatest(x_token, y_token) as b_token,
                kind as evidence_kind,
                date '2024-01-01' + "first"::int as first_seen_date,
                date '2024-01-01' + "last"::int as last_seen_date,
                1 as evidence_count,
                'file' || line % 500 as file_id,
                line // 500 as line
            from ends
            """
        ).to_arrow_table()
    seen = pd.concat([edges.column(name).to_pandas() for name in ("a_token", "b_token")])
    return World(identifiers[identifiers["identifier_token"].isin(seen)], edges)


def compare(identifiers: pd.DataFrame, resolved: pd.DataFrame) -> tuple[float, float]:
    """Pairwise precision and recall: of the pairs said to be one person, and of those that are."""
    both = identifiers.merge(resolved, on=["identifier_token", "period"], how="left")
    pairs = {
        name: float((sizes * (sizes - 1) // 2).sum())
        for name, sizes in (
            ("said", both[both.member_id.notna()].groupby("member_id").size()),
            ("true", both.groupby("person").size()),
            ("right", both[both.member_id.notna()].groupby(["member_id", "person"]).size()),
        )
    }
    return pairs["right"] / pairs["said"], pairs["right"] / pairs["true"]
