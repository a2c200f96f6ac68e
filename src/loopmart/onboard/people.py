"""Which columns are personal, and the invented values that take the place of real ones where a sample is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from loopmart.masks import EMAIL, IDENTITY, PHONE
from loopmart.onboard.draft import Draft
from loopmart.onboard.words import personal_kind

_NAME_WITH_PHONE = re.compile(r"[^（()）]+(?=[（(][\d*+ -]{7,}[)）])")
KEPT = ("", "-", "--")


def personal_columns(draft: Draft) -> dict[str, str]:
    """Columns with personal values, and what kind of value; those of tokens, of names, phones, remarks and the like."""
    kinds = {}
    for name, found in draft.mapping.taken.items():
        if name in draft.fields and draft.fields[name].token_of:
            kinds[found.column.name] = "phone" if name == "phone_token" else "card"
    for column in draft.columns:
        kind = personal_kind(column.name)
        if column.name not in kinds and kind:
            kinds[column.name] = kind
        elif column.name not in kinds and column.share("phone") >= 0.5:
            kinds[column.name] = "phone"
    return kinds


@dataclass
class Substitutes:
    """Invented values for personal ones, numbered in the order in which they appear; the same for the same value."""

    given: dict[tuple[str, str], str] = field(default_factory=dict)

    def replace(self, value: str, kind: str) -> str:
        """The invented value for a cell of a personal column."""
        bare = value.strip()
        if bare in KEPT or (kind == "phone" and "*" in bare):
            return value
        if kind == "phone" or (kind != "remark" and PHONE.search(bare)):
            named = _NAME_WITH_PHONE.sub(lambda found: self._invent(found.group(), "name"), value)
            return self.replace_in(named) if PHONE.search(bare) or "*" in bare else self._invent(bare, "phone")
        return value.replace(bare, self._invent(bare, kind))

    def replace_in(self, text: str) -> str:
        """A text whose phones, e-mail addresses and identity numbers are replaced."""
        for pattern, kind in ((EMAIL, "email"), (IDENTITY, "identity"), (PHONE, "phone")):
            text = pattern.sub(lambda found, kind=kind: self._invent(found.group(), kind), text)  # type: ignore[misc]
        return text

    def _invent(self, value: str, kind: str) -> str:
        known = self.given.get((kind, value))
        if known is not None:
            return known
        number = sum(1 for other, _ in self.given if other == kind) + 1
        invented = {
            "phone": f"138{number:08d}",
            "email": f"guest{number}@example.com",
            "identity": f"0{number:017d}",
            "birthday": "1990-01-01",
            "address": f"某路{number}号",
            "staff": f"店员{number}",
            "name": f"客人{number}",
            "remark": f"备注{number}",
        }.get(kind) or _like(value, number)
        self.given[kind, value] = invented
        return invented


def _like(value: str, number: int) -> str:
    """A value of the same form: its letters stay, its last digits are the number, the others zero."""
    digits = sum(sign.isdigit() for sign in value)
    if not digits:
        return f"X{number}"
    numbered = iter(f"{number:0{digits}d}"[-digits:])
    return "".join(next(numbered) if sign.isdigit() else "X" if sign.isalpha() else sign for sign in value)
