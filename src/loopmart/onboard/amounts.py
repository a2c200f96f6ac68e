"""Amounts and quantities: unit, decimal mark, signs within the figure, and the sign of what was given back."""

from __future__ import annotations

from decimal import Decimal

from loopmart.onboard.draft import Draft, cell, is_one_of, text_sql
from loopmart.onboard.evidence import Column, is_figure, parse_money

SIGNED_FEEDS = (
    "pos_order_lines", "pos_receipts", "pos_tenders", "payments", "voucher_redemptions", "points_entries", "fund_flows",
)  # fmt: skip
BACKWARD = {"refund": "refund", "cancel": "cancellation", "expense": "expense", "spend": "points spent"}
ZERO_BY_DEFAULT = ("loyalty_discount_amount", "coupon_match_amount", "coupon_amount")
CHARGES = ("platform_fee_amount", "merchant_subsidy_amount", "fee_amount")
"""Positive where they are charged, whatever sign the file gives them."""
UNSIGNED = {"balance", "balance_amount", "line_number", "impression_count", "click_count", "coupon_amount"}


def main_amount(draft: Draft) -> Column | None:
    """The column of the amount that a feed is controlled by."""
    names = [draft.feed.control_amount or "", "amount", "points", "net_sales_amount", "face_amount"]
    return next((column for name in names if (column := draft.mapping.column(name))), None)


def amount_sql(draft: Draft, column: Column) -> str:
    """The number in a cell, as SQL."""
    text = text_sql(column)
    for sign in column.signs:
        if sign == "$":
            text = f"replace({text}, '$', '')"
    if column.has_comma_decimals:
        text = f"replace(replace({text}, '.', ''), ',', '.')"
    if is_in_fen(draft, column):
        return f"amount(from_fen({text}))"
    return f"amount({text})"


def is_in_fen(draft: Draft, column: Column) -> bool:
    """Whether a column's amounts are whole fen: its name or a person says so."""
    return (draft.choices.unit or column.unit) == "fen" and column.share("integer") == 1.0


def settle_decimal_mark(draft: Draft) -> None:
    """Say whether figures have a decimal comma: all of them have, or none."""
    shown = [c for c in draft.columns if c.has_comma_decimals]
    if shown:
        value = next(v for v in shown[0].values if "," in v)
        draft.note("sure", "decimal mark", f"a comma: column {shown[0].name}, {draft.where(shown[0], value)}: {value}")


def fill_amount(draft: Draft, name: str) -> None:
    """Feed a field of figures from its column."""
    column = draft.mapping.column(name)
    if column is None:
        return
    expression = _with_sign(draft, name, column)
    places = draft.fields[name].physicalType
    if expression:
        draft.derive[name] = expression
    elif column.signs or is_in_fen(draft, column) or column.guard or column.has_comma_decimals:
        draft.derive[name] = amount_sql(draft, column)
    else:
        draft.place(name, column)
    if places == "decimal(18,2)" and name.endswith("amount"):
        _note_unit(draft, name, column)


def _note_unit(draft: Draft, name: str, column: Column) -> None:
    unit = draft.choices.unit or column.unit
    if unit:
        said = "you say" if draft.choices.unit else "the header says"
        draft.note("sure", name, f"column {column.name} is in {unit}, {said}")
    elif draft.form == "json" and column.share("integer") == 1.0:
        draft.note(
            "unsure", name, f"key {column.name} holds whole numbers only, such as {column.values[0]}: APIs often write "
            "fen; it is read as yuan, --unit fen changes that"
        )  # fmt: skip


def _with_sign(draft: Draft, name: str, column: Column) -> str | None:
    """SQL that turns what was given back negative; None where the cells have their sign already."""
    types = draft.mapping.column("kind")
    if types is None or not draft.kinds or draft.feed.name not in SIGNED_FEEDS or name in UNSIGNED:
        return None
    number = amount_sql(draft, column)
    by_line = dict(types.cells)
    back = [word for kind in BACKWARD for word in draft.words_of_kind(kind)]
    voided = draft.words_of_kind("void") if "kind" in draft.fields else []
    positive = _first(column, by_line, back, negative=False)
    negative = _first(column, by_line, back, negative=True)
    is_discount = "discount" in name
    forward = [word for word in draft.kinds if word not in (*back, *voided)]
    below = _first(column, by_line, forward, negative=True) if is_discount else None
    plain = f"abs({number})" if below else number
    charged = _first(column, by_line, forward, negative=True)
    if name in CHARGES and charged and not _first(column, by_line, forward, negative=False):
        line, text = charged
        draft.note(
            "unsure", name, f"column {column.name}, line {line}: {text}: what is charged is negative: turned round"
        )
        return f"-{number}"
    whens = []
    if voided and any(_first(column, by_line, voided, negative=n) for n in (True, False)):
        whens.append(f"when {is_one_of(types, voided)} then 0")
    if back and (positive or below):
        whens.append(f"when {is_one_of(types, back)} then -abs({number})")
        if not is_discount and positive:
            line, text = positive
            draft.note(
                "sure", name, f"column {column.name}, line {line}: {text} on a line of type {by_line[line]}; "
                "what is given back becomes negative"
            )  # fmt: skip
    elif back and negative and not is_discount:
        line, text = negative
        draft.note("sure", name, f"column {column.name}, line {line}: {text} is negative already")
    elif not back and name == draft.feed.control_amount:
        draft.note(
            "unsure", name, f"no line of the sample is a refund, so the sign of one in {column.name} is not known; "
            "try a sample with a refund"
        )  # fmt: skip
    if not whens:
        return plain if below else None
    return f"case {' '.join(whens)} else {plain} end"


def _first(column: Column, types: dict[int, str], words: list[str], *, negative: bool) -> tuple[int, str] | None:
    for line, text in column.cells:
        number = parse_money(text, comma=column.has_comma_decimals) if is_figure(text) else None
        if number and types.get(line) in words and (number < 0) == negative:
            return line, text
    return None


def fill_order_lines(draft: Draft) -> None:
    """Work out what lines of receipts often leave out: gross amount, net amount, discounts that are none."""
    price, quantity = draft.mapping.column("unit_price"), draft.mapping.column("quantity")
    product = f"({amount_sql(draft, price)} * {amount_sql(draft, quantity)})" if price and quantity else None
    discounts = [n for n in draft.fields if n.endswith("discount_amount") and draft.is_fed(n)]
    less = " + ".join(f"coalesce({_fed_sql(draft, n)}, 0)" for n in discounts)
    if not draft.is_fed("net_sales_amount") and product and price:
        draft.derive["net_sales_amount"] = f"({product}{f' - ({less})' if less else ''})::decimal(18, 2)"
        draft.note("unsure", "net_sales_amount", f"no such column: {price.name} × quantity, less discounts")
    elif price:
        draft.mapping.taken.pop("unit_price")  # a help that is not needed
    if not draft.is_fed("gross_amount") and draft.is_fed("net_sales_amount"):
        net = _fed_sql(draft, "net_sales_amount")
        draft.derive["gross_amount"] = f"{net} + {less}" if less else net
        draft.note("unsure", "gross_amount", "no such column: net sales plus the discounts that the file tells")
    for name in ZERO_BY_DEFAULT:
        if name in draft.fields and not draft.is_fed(name):
            draft.constants[name] = "0"
            draft.note("unsure", name, "no such column: 0")


def _fed_sql(draft: Draft, name: str) -> str:
    """What feeds a field, as a number."""
    if name in draft.derive:
        return f"({draft.derive[name]})"
    column = next((c for c in draft.columns if draft.plain.get(c.name) == name), None)
    return amount_sql(draft, column) if column else draft.constants.get(name, "0")


def check_arithmetic(draft: Draft) -> None:
    """Say where gross is not net plus discount in the sample: those lines will be quarantined."""
    wanted = ("gross_amount", "net_sales_amount")
    gross, net = (draft.mapping.column(name) for name in wanted)
    names = [n for n in draft.fields if "discount_amount" in n or n == "coupon_match_amount"]
    discounts = [c for n in names if (c := draft.mapping.column(n))]
    if gross is None or net is None:
        return
    figures = [dict(c.cells) for c in (gross, net, *discounts)]
    for line, _ in gross.cells:
        numbers = [parse_money(f.get(line, ""), comma=gross.has_comma_decimals) for f in figures]
        first, second, *rest = numbers
        if first is None or second is None:
            continue
        off = sum((abs(n) for n in rest if n is not None), Decimal(0))
        if abs(first) != abs(second) + off:
            told = " + ".join([cell(net), *map(cell, discounts)])
            draft.note("unsure", "gross_amount", f"line {line}: {cell(gross)} {first} is not {told} ({second} + {off})")
            return
