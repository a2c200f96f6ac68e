"""Which column is which field, and of which feed a table is: by the names, checked against the values."""

from __future__ import annotations

from dataclasses import dataclass, field

from loopmart.contracts.feeds import Feed, Property
from loopmart.masks import PHONE
from loopmart.onboard.evidence import Column
from loopmart.onboard.words import OF_LINES, Match, load_words, match_name, normalise, value_meaning, words_for

HELPERS = {"unit_price": ("pos_order_lines",), "kind": ("pos_order_lines",)}
"""Columns that are no field of the feed, and help to work one out; the kind gives the sign."""
MIN_SCORE = 0.45
CORE_WEIGHT, COVERED_WEIGHT, BONUS = 0.7, 0.3, 0.02
"""The bonus is for each core field that is found: of two feeds that fit alike, the one that says more wins."""


@dataclass(frozen=True)
class Assignment:
    """A column that is taken for a field; `is_shared` where another field takes it, too."""

    field: str
    column: Column
    match: Match
    is_sure: bool
    why: str
    is_shared: bool = False


@dataclass
class Mapping:
    """The columns of a table as fields of one feed; `score` ranks it among other feeds."""

    feed: Feed
    score: float = 0.0
    taken: dict[str, Assignment] = field(default_factory=dict)

    def column(self, name: str) -> Column | None:
        """The column that is taken for a field or helper."""
        found = self.taken.get(name)
        return found.column if found else None


_Offer = tuple[tuple[float, bool, int, int], Assignment]


def rank_feeds(columns: list[Column], feeds: dict[str, Feed]) -> list[Mapping]:
    """The table as each feed, the best first."""
    mappings = [map_columns(columns, feed) for feed in feeds.values()]
    return sorted(mappings, key=lambda m: m.score, reverse=True)


def map_columns(columns: list[Column], feed: Feed) -> Mapping:
    """Take each column for the field that it fits best, and each field from one column.

    The score adds the share of the feed's core fields that are found, that of columns with a meaning, and the bonus.
    """
    fields = {f.name: f for f in feed.fields}
    if any(f.physicalType == "timestamp" for f in feed.fields):
        fields.pop("business_date", None)  # derived from the time
    wanted = [*fields, *(name for name, feeds in HELPERS.items() if feed.name in feeds and name not in fields)]
    offers: list[_Offer] = []
    for place, column in enumerate(columns):
        for name in wanted:
            match = match_name(column.name, words_for(feed.name, name))
            if match:
                value, why = fit_values(column, name, fields.get(name))
                score = match.score * value
                if score >= MIN_SCORE:
                    is_sure = match.how == "exact" and value == 1.0
                    is_required = name in fields and fields[name].required
                    order = (-score, not is_required, match.rank, place)
                    offers.append((order, Assignment(name, column, match, is_sure, why)))
    mapping = Mapping(feed)
    used: set[str] = set()
    offers.sort(key=lambda o: o[0])
    for _, offer in offers:
        if offer.field not in mapping.taken and offer.column.name not in used:
            mapping.taken[offer.field] = offer
            used.add(offer.column.name)
    _share_columns(mapping, offers)
    _find_by_values(mapping, columns, used, fields)
    words = load_words()
    core = words.feeds[feed.name].core if feed.name in words.feeds else feed.key
    instead = {"net_sales_amount": "unit_price"}  # with the quantity, a price tells the amount
    found = sum(max(_weight(mapping.taken.get(n)), _weight(mapping.taken.get(instead.get(n, "")))) for n in core) / len(
        core
    )
    covered = len(used) / len(columns) if columns else 0.0
    told = sum(name in mapping.taken for name in core)
    mapping.score = round(CORE_WEIGHT * found + COVERED_WEIGHT * covered + BONUS * told, 3)
    return mapping


def _weight(assignment: Assignment | None) -> float:
    return 0.0 if assignment is None else 1.0 if assignment.match.how == "exact" else 0.6


def _share_columns(mapping: Mapping, offers: list[_Offer]) -> None:
    """Let a field without a column take one that is another field, too, such as 实收金额: net sales and collected."""
    money = {
        "collected_amount",
        "paid_amount",
        "net_sales_amount",
        "payment_id_source",
        "entry_id_source",
        "trade_type",
    }
    for _, offer in offers:
        if offer.field in money and offer.field not in mapping.taken and offer.match.how == "exact":
            mapping.taken[offer.field] = Assignment(
                offer.field,
                offer.column,
                offer.match,
                False,
                "the name fits, but another field takes the same column",
                is_shared=True,
            )


def _find_by_values(mapping: Mapping, columns: list[Column], used: set[str], fields: dict[str, Property]) -> None:
    """Take a column of another name for the type where its words are those of sales and refunds, or for the phone."""
    if "kind" not in mapping.taken and (mapping.feed.name in HELPERS["kind"] or "kind" in fields):
        meanings = fields["kind"].allowed_values if "kind" in fields else OF_LINES
        for column in columns:
            words = set(column.values)
            told = {word: value_meaning(word, meanings) for word in words}
            if column.name not in used and len(set(told.values()) - {None}) > 1 and all(told.values()):
                why = f"its name is new, its words are known: {', '.join(sorted(words))}"
                mapping.taken["kind"] = Assignment("kind", column, Match("alike", column.name, 0), False, why)
                used.add(column.name)
                break
    if "phone_token" not in fields or "phone_token" in mapping.taken:
        return
    for column in columns:
        if column.name not in used and column.share("phone") >= 0.5:
            match = Match("alike", column.name, 0)
            why = f"{column.share('phone'):.0%} of its values look like phone numbers"
            mapping.taken["phone_token"] = Assignment("phone_token", column, match, False, why)
            used.add(column.name)
            return


def fit_values(column: Column, name: str, field_: Property | None) -> tuple[float, str]:
    """(factor, why): 1 where the values fit the type of the field, less where they speak against it."""
    if not column.values:
        return 0.9, "the column is empty in the sample"
    kind = field_.physicalType if field_ else "decimal(18,2)" if name == "unit_price" else "varchar"
    first = column.values[0] if not (field_ and field_.token_of) else "…"
    if kind in ("date", "timestamp"):
        fits = column.is_time or (normalise(column.name) in ("time", "时间") and ":" in column.values[0])
        return (1.0, "its values are times") if fits else (0.4, f"the name fits, but {first!r} is no time")
    if kind.startswith("decimal") or kind in ("int", "bigint"):
        share = column.share("figure")
        return (1.0, "its values are figures") if share >= 0.6 else (0.4, f"the name fits, but {first!r} is no figure")
    if name == "phone_token":
        if column.share("phone") >= 0.3 or any(PHONE.search(v) for v in column.values):
            return 1.0, "its values hold phone numbers"
        return 0.5, "the name fits, but no value is a phone number"
    if name == "card_token" and column.share("phone") >= 0.9:
        return 0.6, "its values are phone numbers"
    if name.endswith(("_token", "_id_source")) and column.share("moment"):
        return 0.3, f"{first!r} is a time"
    if name in ("store_id", "store_name_source") and column.share("moment"):
        return 0.3, f"{first!r} is a time"
    if name == "kind" and (column.share("figure") > 0.5 or len(set(column.values)) > 12):
        return 0.3, f"{len(set(column.values))} different values are no kinds"
    if name == "kind":
        meanings = field_.allowed_values if field_ else OF_LINES
        if not any(value_meaning(value, meanings) for value in set(column.values)):
            return 0.5, f"{first!r} is no kind that we know"
    if name == "status" and len(set(column.values)) > 12:
        return 0.3, f"{len(set(column.values))} different values are no states"
    return 1.0, f"such as {first!r}"
