"""Stores, cards, phones, entry numbers: who and what a line is about; and which columns must not be loaded."""

from __future__ import annotations

from loopmart.contracts.senders import Sender
from loopmart.onboard.draft import Draft, cell, text_sql
from loopmart.onboard.evidence import Column
from loopmart.onboard.words import personal_kind

PHONE_PATTERN = r"(?:^|\D)(?:\+?86|0086)?(1[[3-9]]\d{9})(?:\D|$)"


def fill_store(draft: Draft, senders: dict[str, Sender], name: str = "store_id") -> None:
    """Feed the store: from a column of ids that stores.csv knows, from the sender, or by the vendor's names."""
    column = draft.mapping.column(name) or draft.mapping.column("store_name_source")
    values = list(dict.fromkeys(column.values)) if column else []
    if column and values and set(values) <= set(senders):
        draft.place(name, column)
        draft.note("sure", name, f"column {column.name}: stores.csv knows {', '.join(values[:3])}")
    elif column and len(values) > 1:
        vendor = draft.name
        draft.stores = {"name": cell(column), "vendor": vendor}
        draft.note(
            "unsure", name, f"column {column.name} names {len(values)} stores ({', '.join(values[:3])}): give each "
            f"store its name in stores.csv, settings alias.{vendor}=…, or its lines go to quarantine"
        )  # fmt: skip
    else:
        alone = f" and count(distinct {cell(column)}) over (partition by _file) <= 1" if column else ""
        draft.derive[name] = f"case when sender_kind = 'store'{alone} then sender_id end"
        seen = f"column {column.name} says {values[0]!r} only; " if column and values else ""
        draft.note("sure", name, f"{seen}the store that sends the file")


def fill_phone(draft: Draft, name: str = "phone_token") -> None:
    """Feed the phone as +86 and 11 digits, wherever it stands in the cell; masked ones give no token."""
    column = draft.mapping.column(name)
    if column is None:
        return
    bare = f"regexp_replace({text_sql(column)}, '( |-)', '', 'g')"
    draft.derive[name] = f"'+86' || nullif(regexp_extract({bare}, '{PHONE_PATTERN}', 1), '')"
    masked = sum("*" in value for value in column.values)
    hidden = f"; {masked} of {len(column.values)} are masked and give no token" if masked else ""
    level = "sure" if draft.mapping.taken[name].is_sure else "unsure"
    draft.note("sure" if level == "sure" else "unsure", name, f"column {column.name}, mobile numbers of China{hidden}")


def fill_entry_number(draft: Draft) -> None:
    """Tell entries of a list apart: by the card, or by their line."""
    card = draft.mapping.column("card_token")
    if card:
        draft.derive["entry_number"] = f"case when {cell(card)} is null then _line else 0 end"
        draft.note("sure", "entry_number", f"column {card.name} tells the entries apart; without a card the line does")
    else:
        draft.derive["entry_number"] = "_line"
        draft.note("unsure", "entry_number", "no column of cards: the line in the list")


def fill_line_number(draft: Draft) -> None:
    """Number the lines of a receipt as they stand, where no column does."""
    order = next((c for name in ("order_id_source",) if (c := draft.mapping.column(name))), None)
    if order:
        draft.derive["line_number"] = f"row_number() over (partition by _file, {cell(order)} order by _line)"
        draft.note("sure", "line_number", f"no such column: lines are numbered within {order.name} as they stand")


def fill_tender_number(draft: Draft) -> None:
    """Number the tenders of a receipt as they stand, where no column does."""
    order = draft.mapping.column("order_id_source")
    if order and not draft.is_fed("entry_id_source"):
        receipt = cell(order)
        draft.derive["entry_id_source"] = (
            f"{receipt} || '-' || row_number() over (partition by _file, {receipt} order by _line)"
        )
        draft.note(
            "unsure", "entry_id_source", f"no such column: tenders are numbered within {order.name} as they stand; "
            "where receipt numbers start again, add the day or the store"
        )  # fmt: skip


def ignore_the_rest(draft: Draft) -> list[str]:
    """Columns that no field takes as they stand; a warning for each that looks personal.

    Returns:
        Their names, in the order of the header.
    """
    used = {a.column.name for a in draft.mapping.taken.values()}
    ignored = [c for c in draft.columns if c.name not in draft.plain]
    for column in ignored:
        kind = personal_kind(column.name)
        looks = "phone" if column.share("phone") >= 0.5 and not kind else kind
        if looks and column.name not in used:
            told = f"column {column.name} looks like {looks}: ignored, it is never loaded"
            if looks == "phone" and "card_token" in draft.fields and not draft.is_fed("card_token"):
                told += (
                    f"; {draft.feed.name} has no phone, so nobody is known by it. Where a member's card number is the "
                    f"phone, --map '{column.name}=card_token'"
                )
            draft.note("unsure", "personal data", told)
    rest = [c.name for c in ignored if c.name not in used and not personal_kind(c.name)]
    if rest:
        draft.note("unsure", "ignored", f"no field for {', '.join(rest)}; --map 'column=field' if there is one")
    return [c.name for c in ignored]


def check_key(draft: Draft) -> None:
    """Say whether the feed's key tells the lines of the sample apart, and which single column would."""
    columns = [(n, c) for n in draft.feed.key if (c := draft.mapping.column(n)) and n != "kind"]
    names = [c.name for _, c in columns]
    unique = [c.name for c in draft.columns if c.is_unique and c.share("figure") + c.share("moment") < 2]
    if draft.feed.name == "pos_order_lines" and "line_number" in draft.derive:
        draft.note("sure", "key", f"{names[0] if names else 'receipt'} and the number of the line within it")
        return
    if not columns:
        told = f"unique in the sample: {', '.join(unique[:3])}" if unique else "no column is unique in the sample"
        draft.note("unsure", "key", f"no column for {', '.join(draft.feed.key)}; {told}")
        return
    types = draft.mapping.column("kind")
    keys: dict[tuple[str, ...], int] = {}
    kinds = [types] if types and "kind" in draft.feed.key else []
    for position, (line, _) in enumerate(columns[0][1].cells):
        key = tuple(c.cells[position][1] for c in [c for _, c in columns] + kinds)
        if all(key) and key in keys:
            personal = any(draft.fields[n].token_of for n, _ in columns)
            shown = "the same value" if personal else " ".join(key)
            draft.note(
                "unsure", "key", f"{' + '.join(names)}: {shown} stands in lines {keys[key]} and {line}; the later one "
                f"would be quarantined. Unique in the sample: {', '.join(unique[:3]) or 'no single column'}"
            )  # fmt: skip
            return
        keys[key] = line
    draft.note("sure", "key", f"{' + '.join(names)}: unique in the {len(columns[0][1].cells)} lines of the sample")


def note_spoilt(draft: Draft, column: Column) -> None:
    """Warn of long numbers that a spreadsheet has spoilt."""
    for line, value in column.spoilt[:1]:
        draft.note(
            "unsure", column.name, f"line {line}: {value}: a spreadsheet turned a long number into a power of ten, its "
            "digits are lost; take the export as it comes from the system"
        )  # fmt: skip
