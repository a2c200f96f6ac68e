"""What a worksheet says, in English and Chinese; its headings are those of the source `reconciliation_decisions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "amount", "date", "number"]


@dataclass(frozen=True)
class Column:
    """A column of the worksheet: the name in the mart, its kind, its width in letters, and its headings."""

    name: str
    kind: Kind
    width: int
    headings: dict[str, str]


def _column(name: str, kind: Kind, width: int, chinese: str) -> Column:
    return Column(name, kind, width, {"en": name, "zh": chinese})


COLUMNS = (
    _column("business_date", "date", 13, "营业日"),
    _column("payment_channel", "text", 16, "支付渠道"),
    _column("class", "text", 17, "差异类别"),
    _column("kind", "text", 10, "收退"),
    _column("pos_amount", "amount", 13, "收银金额"),
    _column("bill_amount", "amount", 13, "账单金额"),
    _column("difference_amount", "amount", 17, "差额"),
    _column("fee_amount", "amount", 12, "手续费"),
    _column("expected_fee_amount", "amount", 20, "应收手续费"),
    _column("currency", "text", 9, "币种"),
    _column("days_open", "number", 10, "未结天数"),
    _column("decision", "text", 14, "处理结果"),
    _column("decided_on", "date", 13, "处理日期"),
    _column("decided_by", "text", 12, "处理人"),
    _column("note", "text", 40, "备注"),
    _column("order_id", "text", 30, "订单"),
    _column("payment_id", "text", 44, "支付流水"),
    _column("store_id", "text", 10, "门店编号"),
    _column("reconciliation_id", "text", 50, "对账编号"),
)
FILLED = {"decision": 1, "decided_on": 2, "decided_by": 3, "note": 4}
"""Columns that a person fills, and the line of the guide that says how."""

DECISIONS = {
    "accepted": {"en": "accepted", "zh": "已接受"},
    "recovered": {"en": "recovered", "zh": "已追回"},
    "written_off": {"en": "written_off", "zh": "已冲销"},
}

SHEETS = {"en": ("breaks", "guide"), "zh": ("差异", "说明")}

TITLE = {
    "en": "{store}: {count} open breaks up to {through}, till less bill {sums}",
    "zh": "{store}：截至 {through} 未结差异 {count} 笔，收银减账单 {sums}",
}

GUIDE = {
    "en": (
        "Fill the yellow cells of the lines that are decided, leave the others empty, and drop the workbook into the "
        "store's folder in landing. What is there in the morning counts from the next night on.",
        "decision: accepted (it stays as it is), recovered (the money came) or written_off (it will not come).",
        "decided_on: the day, as 2026-05-03; add the time (2026-05-03 14:30) where you decide twice on one day.",
        "decided_by: your initials or staff number, at most 16 letters or digits; no name.",
        "note: why, at most 200 characters; no phone number, no e-mail address, no guest's name.",
        "The latest decision on a break holds; every earlier one is kept with file and line.",
    ),
    "zh": (
        "请在已处理的行填写黄色单元格，其余留空，然后把本表放入该门店的 landing 目录，下一次夜间批生效。",
        "处理结果：已接受（保持现状）、已追回（款已收回）、已冲销（确认收不回）。",
        "处理日期：如 2026-05-03；同一天改两次时请加时间（2026-05-03 14:30）。",
        "处理人：姓名缩写或工号，最多 16 个字母或数字，不写姓名。",
        "备注：原因，最多 200 字；不写手机号、邮箱和顾客姓名。",
        "同一差异以最后一次处理为准，之前的处理连同文件和行号都会保留。",
    ),
}

CLASSES = {
    "matched": {
        "en": ("matched", "Till and bill agree."),
        "zh": ("已匹配", "收银与账单一致。"),
    },
    "long": {
        "en": ("long", "The bill has more than the till: more money came than was rung up."),
        "zh": ("长款", "账单金额大于收银金额：到账多于收银。"),
    },
    "short": {
        "en": ("short", "The bill has less than the till: less money came than was rung up."),
        "zh": ("短款", "账单金额小于收银金额：到账少于收银。"),
    },
    "missing_in_bill": {
        "en": ("missing_in_bill", "The till says it was paid, and no bill tells of it."),
        "zh": ("掉单", "收银有记录，账单没有。"),
    },
    "missing_in_pos": {
        "en": ("missing_in_pos", "The bill tells of a payment that no till has."),
        "zh": ("收银缺单", "账单有记录，收银没有。"),
    },
    "cross_day": {
        "en": ("cross_day", "Both sides have it, on different business days; each day has its own line."),
        "zh": ("跨日", "两边都有，但营业日不同；两天各有一行。"),
    },
    "refund_pending": {
        "en": ("refund_pending", "One side has refunded, and the other has not yet."),
        "zh": ("退款中", "一边已退款，另一边尚未退款。"),
    },
    "refund_amount": {
        "en": ("refund_amount", "Both sides have refunded, with different amounts."),
        "zh": ("退款金额不符", "两边都已退款，金额不同。"),
    },
    "fee_difference": {
        "en": ("fee_difference", "The amounts agree; the fee is not the one that the contract's rate gives."),
        "zh": ("手续费差异", "金额一致，手续费与合同费率不符。"),
    },
    "duplicate_charge": {
        "en": ("duplicate_charge", "The guest was charged more than once for one tender."),
        "zh": ("重复扣款", "同一笔收银扣款不止一次。"),
    },
    "coupon_mismatch": {
        "en": ("coupon_mismatch", "Till and bill differ by what a coupon paid."),
        "zh": ("优惠券不符", "收银与账单相差优惠券金额。"),
    },
}
