"""Fields of a closed list: kind of record, gender, channel; and which words of the sample mean what."""

from __future__ import annotations

from decimal import Decimal

from loopmart.onboard.amounts import amount_sql, main_amount
from loopmart.onboard.draft import Draft, cell, is_one_of, read_kinds
from loopmart.onboard.evidence import Column, parse_money
from loopmart.onboard.words import OF_LINES, load_words, normalise


def read_types(draft: Draft) -> None:
    """Find out which words of the type column mean a sale, a refund, …; amounts take their sign from it."""
    column = draft.mapping.column("kind")
    if column is None:
        return
    field = draft.fields.get("kind")
    draft.kinds = read_kinds(column, field.allowed_values if field else OF_LINES)
    unknown = [word for word in dict.fromkeys(column.values) if word not in draft.kinds]
    if not draft.kinds:
        del draft.mapping.taken["kind"]
        return
    told = ", ".join(f"{word} = {meaning}" for word, meaning in draft.kinds.items())
    draft.note("sure", "kind", f"column {column.name}: {told}")
    for word in unknown:
        draft.note(
            "unsure", "kind", f"column {column.name}, {draft.where(column, word)}: {word!r} is no word that we know; "
            "its lines go to quarantine"
        )  # fmt: skip


def fill_closed_list(draft: Draft, name: str) -> None:
    """Feed a field whose values come from a closed list: by the words of its column, or by what the sample hints."""
    field = draft.fields[name]
    column = draft.mapping.column(name)
    if column and set(column.values) <= set(field.allowed_values) and column.values:
        draft.place(name, column)
        return
    if column:
        meanings = draft.kinds if name == "kind" else read_kinds(column, field.allowed_values)
        if meanings:
            draft.derive[name] = case_sql(column, meanings)
            if name != "kind":
                told = ", ".join(f"{word} = {meaning}" for word, meaning in meanings.items())
                draft.note("sure", name, f"column {column.name}: {told}; any other word is left empty")
            return
    if name == "kind":
        _fill_kind_by_sign(draft, field.allowed_values)
    elif name in ("issuer", "payment_channel"):
        _fill_by_hint(draft, name, field.allowed_values)


def case_sql(column: Column, meanings: dict[str, str]) -> str:
    """SQL that turns the words of a column into what they mean."""
    by_meaning: dict[str, list[str]] = {}
    for word, meaning in meanings.items():
        by_meaning.setdefault(meaning, []).append(word)
    whens = (f"when {is_one_of(column, words)} then '{meaning}'" for meaning, words in by_meaning.items())
    return f"case {' '.join(whens)} end"


def _fill_kind_by_sign(draft: Draft, allowed: list[str]) -> None:
    pairs = (("sale", "refund"), ("payment", "refund"), ("redeem", "cancel"), ("earn", "spend"), ("income", "expense"))
    pair = next((p for p in pairs if set(p) <= set(allowed)), None)
    column = main_amount(draft)
    if pair is None or column is None:
        return
    draft.derive["kind"] = f"case when {amount_sql(draft, column)} < 0 then '{pair[1]}' else '{pair[0]}' end"
    below = next((line for line, text in column.cells if text.startswith("-") and len(text) > 1), None)
    seen = f"line {below} is the first" if below else "the sample has none"
    draft.note("unsure", "kind", f"no column of types: a negative {column.name} counts as {pair[1]} ({seen})")


def _fill_by_hint(draft: Draft, name: str, allowed: list[str]) -> None:
    """Tell the platform by its name in the file's name, above the header or in it."""
    words = load_words().issuers
    for layout in draft.layouts:
        places = {
            "file name": layout.table.name,
            "lines above the header": " ".join(line.text for line in layout.preamble),
            "header": " ".join(layout.header),
        }
        for where, text in places.items():
            for issuer, signs in words.items():
                sign = next((s for s in signs if s.casefold() in text.casefold()), None)
                if sign and issuer in allowed:
                    draft.constants[name] = issuer
                    draft.note("unsure", name, f"{issuer}, because the {where} says {sign}")
                    return


def _add_up(draft: Draft, tenders: list[Column]) -> bool:
    """Whether the tenders of most lines come to at least the net amount: they are all, and none stands twice."""
    net = draft.mapping.column("net_sales_amount")
    if net is None:
        return False
    figures = [dict(c.cells) for c in tenders]
    agreeing = 0
    for line, text in net.cells:
        paid = sum((abs(parse_money(f.get(line, "")) or Decimal(0)) for f in figures), Decimal(0))
        agreeing += paid == abs(parse_money(text) or Decimal(0))
    return agreeing * 2 > len(net.cells)


def fill_tender(draft: Draft) -> None:
    """Where each way of paying has a column of its own, list those that were used with their amounts."""
    wanted = {normalise(word) for word in load_words().columns_of_tenders}
    tenders = [c for c in draft.columns if normalise(c.name) in wanted and c.share("figure") >= 0.6]
    if draft.mapping.column("tender") or len(tenders) < 2:
        return
    collected = draft.mapping.taken.get("collected_amount")
    if "collected_amount" in draft.fields and (collected is None or collected.is_shared) and _add_up(draft, tenders):
        draft.derive["collected_amount"] = " + ".join(f"coalesce({amount_sql(draft, c)}, 0)" for c in tenders)
    parts = ", ".join(
        f"case when {amount_sql(draft, c)} <> 0 then '{c.name.replace(chr(39), '')} ' || {cell(c)} end" for c in tenders
    )
    draft.derive["tender"] = f"nullif(concat_ws('; ', {parts}), '')"
    draft.note("sure", "tender", f"a column for each way of paying: {', '.join(c.name for c in tenders)}")
