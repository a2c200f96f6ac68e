"""The figures by which identifiers become members, in one place, each with its reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

TYPES: Final = ("vip_card", "shop_account", "phone", "unionid", "wechat_openid", "alipay_user")
"""Types of identifiers. On one day the type that stands first founds the member: what a shop gave out itself is the
best known, and what a payment company calls somebody is the least."""

STRONG_KINDS: Final = ("link", "member_list", "follower")
"""Kinds of evidence in which somebody said who the person is, the strongest first."""

KINDS: Final = (*STRONG_KINDS, "order", "payment", "points", "touch")
"""All kinds of evidence, the strongest first; in an order or a payment, one may pay for another."""

CARDS: Final = ("vip_card", "shop_account")
PAYERS: Final = ("wechat_openid", "alipay_user")
GROUPS: Final = (CARDS, ("phone",), PAYERS, ("unionid",))
"""Neighbours are counted together where one person may have either."""

CAPS: Final[dict[str, tuple[int, int, int, int]]] = {
    # cards, phones, payers, unionids
    "vip_card": (3, 3, 5, 3),  # a card changes its phone now and then, and a spouse pays; a cashier's card has hundreds
    "shop_account": (3, 5, 5, 3),  # orders go to the phone of whoever receives them
    "phone": (3, 3, 5, 3),  # a family phone collects a card for each of the family
    "unionid": (5, 3, 12, 1),  # a unionid has an openid for each app of the company
    "wechat_openid": (5, 3, 3, 1),  # an openid has one unionid by definition; with two, it is no openid
    "alipay_user": (5, 3, 3, 3),
}
"""How many distinct neighbours of each group an identifier may have; one more, and it is shared."""

VERSION: Final = 1
"""One more whenever the same evidence is resolved otherwise than before: every identifier is then resolved anew."""


@dataclass(frozen=True)
class Rules:
    """Caps and days; tests and benchmarks change them, nobody else needs to.

    Attributes:
        caps: by type, the most distinct neighbours of each of GROUPS that one person has.
        component_cap: the most identifiers of one member. Nobody has fifty; a component that large hangs together by
            what several people use.
        reassigned_days: how long a cancelled number rests, at least, before a carrier gives it to somebody else: 90
            days in China.
    """

    caps: dict[str, tuple[int, int, int, int]] = field(default_factory=lambda: dict(CAPS))
    component_cap: int = 50
    reassigned_days: int = 90

    @property
    def seed(self) -> int:
        """A number of 60 bits for these rules and this version of the code."""
        return int(hashlib.sha256(f"{VERSION} {self}".encode()).hexdigest()[:15], 16)


RULES: Final = Rules()
