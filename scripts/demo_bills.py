"""The files in which the demo's head office gets tenders and bills, as tills and payment companies write them.

Tenders: one list a month for all stores, in the template pos_tender_list.  WeChat Pay: the bill ALL of a service
provider, one a day of Beijing, whose sub-merchants are the stores.  Alipay: 业务明细 and its sum in one zip a month.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb

BILL_ZONE = "Asia/Shanghai"
PROVIDER = "1230000001"
APP = "wx00000000000demo1"
ALIPAY_ACCOUNT = "2088000000000156"
TENDER_HEADER = "门店,小票号,款台,支付方式,金额,支付时间,参考号"
WORDS = {
    "wechat": "微信",
    "alipay": "支付宝",
    "card": "银行卡",
    "cash": "现金",
    "stored_value": "储值卡",
    "voucher": "代金券",
}
WECHAT_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,"
    "代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,"
    "费率备注"
)
WECHAT_TRAILER = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
ALIPAY_HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
SUMMARY_HEADER = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,"
    "分润（元）,实收净额（元）"
)

Connection = duckdb.DuckDBPyConnection


def sub_merchant(store: str) -> str:
    """The number under which WeChat Pay knows a store: S00367 is 1900000367."""
    return f"19{int(store[1:]):08d}"


def payment_files(con: Connection, currency: str) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file of tenders and bills, in the order of time within its kind."""
    yield from tender_lists(con)
    yield from wechat_bills(con, currency)
    yield from alipay_bills(con)


def tender_lists(con: Connection) -> Iterator[tuple[str, bytes]]:
    """One list per month of the stores' own clock."""
    words = " ".join(f"when '{channel}' then '{word}'" for channel, word in WORDS.items())
    con.execute(f"""
        select strftime(local_at, '%Y-%m') as month,
            string_agg(
                concat_ws(',', store, basket, till, case channel {words} end, amount,
                    strftime(local_at, '%Y-%m-%d %H:%M:%S'), coalesce(reference, '')),
                '\n' order by local_at, store, basket, place
            )
        from tenders group by month order by month
    """)
    for month, body in con.fetchall():
        yield f"chain/tenders_{month}.csv", f"{TENDER_HEADER}\n{body}\n".encode()


def wechat_bills(con: Connection, currency: str) -> Iterator[tuple[str, bytes]]:
    """One bill per day with an entry; refunds have zeros where payments have amounts, and the other way round."""
    con.execute(f"""
        with shown as (
            select *, utc_at at time zone 'UTC' at time zone '{BILL_ZONE}' as bill_at, kind = 'refund' as is_refund,
                if(kind = 'refund', -amount, 0.00)::decimal(18, 2) as refund,
                if(kind = 'refund', 0.00, amount)::decimal(18, 2) as payment,
                if(kind = 'refund', 0.00, order_amount)::decimal(18, 2) as ordered,
                merchant_coupon + funded_coupon as coupon,
            from entries where channel = 'wechat'
        )
        select strftime(bill_at, '%Y%m%d') as day,
            string_agg(
                '`' || concat_ws(',`', strftime(bill_at, '%Y-%m-%d %H:%M:%S'), '{APP}', '{PROVIDER}',
                    '19' || lpad(substr(store, 2), 8, '0'), till, payment_id, order_no, payer, 'MICROPAY',
                    if(is_refund, 'REFUND', 'SUCCESS'), 'OTHERS', '{currency}', payment,
                    if(is_refund, 0.00, coupon)::decimal(18, 2), if(is_refund, refund_id, '0'),
                    if(is_refund, 'R' || order_no, '0'), refund, '0.00', if(is_refund, 'ORIGINAL', ''),
                    if(is_refund, 'SUCCESS', ''), 'Store ' || ltrim(substr(store, 2), '0'), '', fee || '000',
                    (rate / 100.0)::decimal(4, 2) || '%', ordered, refund, ''),
                '\n' order by bill_at, payment_id, refund_id
            ),
            concat_ws(',`', '`' || count(*), sum(payment), sum(refund), '0.00', sum(fee) || '000', sum(ordered),
                sum(refund))
        from shown group by day order by day
    """)
    while rows := con.fetchmany(32):
        for day, body, totals in rows:
            text = f"{WECHAT_HEADER}\n{body}\n{WECHAT_TRAILER}\n{totals}\n"
            yield f"chain/{PROVIDER}All{day}.csv", text.encode()


def alipay_bills(con: Connection) -> Iterator[tuple[str, bytes]]:
    """One zip per month: texts end in a tab, fees are negative where they are charged, the payer is masked."""
    con.execute(f"""
        create or replace table alipay_entries as
        select *, first_at at time zone 'UTC' at time zone '{BILL_ZONE}' as created_at,
            utc_at at time zone 'UTC' at time zone '{BILL_ZONE}' as done_at, kind = 'refund' as is_refund,
            strftime(done_at, '%Y-%m') as month,
        from entries where channel = 'alipay'
    """)
    con.execute("""
        select month,
            string_agg(
                concat_ws(e'\\t,', payment_id, order_no, if(is_refund, '退款', '交易'),
                    concat_ws(',', 'Receipt', strftime(created_at, '%Y-%m-%d %H:%M:%S'),
                        strftime(done_at, '%Y-%m-%d %H:%M:%S'), store),
                    'Store ' || ltrim(substr(store, 2), '0'), '', till::varchar,
                    '*某(138****' || right('000' || draw(card, 'phone') % 10000, 4) || ')',
                    concat_ws(',', order_amount, amount, '0.00', '0.00', funded_coupon, merchant_coupon, '0.00', '',
                        '0.00'),
                    '0.00,' || refund_id, concat_ws(',', -fee, '0.00', '')),
                e'\\n' order by done_at, payment_id, refund_id
            ),
            count(*) filter (not is_refund), coalesce(sum(amount) filter (not is_refund), 0)::decimal(18, 2),
            coalesce(sum(merchant_coupon) filter (not is_refund), 0)::decimal(18, 2),
            count(*) filter (is_refund), coalesce(sum(amount) filter (is_refund), 0)::decimal(18, 2)
        from alipay_entries group by month order by month
    """)
    bills = con.fetchall()
    sums = dict(_sum_alipay(con))
    for month, body, *totals in bills:
        name = f"{ALIPAY_ACCOUNT}_{month.replace('-', '')}"
        members = {
            f"{name}_业务明细.csv": _alipay_text(
                "业务明细", month, f"{ALIPAY_HEADER}\n{body}", _alipay_footer(*totals)
            ),
            f"{name}_业务明细(汇总).csv": _alipay_text("业务汇总", month, f"{SUMMARY_HEADER}\n{sums[month]}"),
        }
        yield f"chain/{name}.csv.zip", zip_bytes({name: text.encode("gb18030") for name, text in members.items()})


def _sum_alipay(con: Connection) -> list[tuple[Any, ...]]:
    """Month and lines of the sum: one per store, then that of all."""
    con.execute("""
        with summed as (
            select month, coalesce(store, '合计') as store,
                if(store is null, '', 'Store ' || ltrim(substr(store, 2), '0')) as name,
                count(*) filter (not is_refund) as payments, count(*) filter (is_refund) as refunds,
                sum(order_amount) as ordered, sum(amount) as amount, sum(funded_coupon) as funded,
                sum(merchant_coupon) as merchant, sum(-fee) as fee,
            from alipay_entries group by grouping sets ((month, store), (month))
        )
        select month, string_agg(
            concat_ws(',', store, name, payments, refunds, ordered, amount, funded, merchant, '0.00', fee, '0.00',
                amount + fee),
            e'\\n' order by store
        )
        from summed group by month
    """)
    return con.fetchall()


def _alipay_text(title: str, month: str, table: str, footer: str = "") -> str:
    """Title lines, the table, and prose below."""
    year, number = month.split("-")
    following = f"{int(year) + (number == '12')}年{int(number) % 12 + 1:02d}月"
    return (
        f"#支付宝{title}查询\n#账号：[{ALIPAY_ACCOUNT}]\n"
        f"#起始日期：[{year}年{number}月01日 00:00:00]   终止日期：[{following}01日 00:00:00]\n"
        f"#{title + '列表':-^80}\n{table}\n#{title + '列表结束':-^80}\n{footer}"
        f"#导出时间：[{following}01日 05:46:49]\n"
    )


def _alipay_footer(payments: int, paid: Decimal, coupons: Decimal, refunds: int, refunded: Decimal) -> str:
    return (
        f"#交易合计：{payments}笔，商家实收共{paid:,}元，商家优惠共{coupons:,}元\n"
        f"#退款合计：{refunds}笔，商家实收退款共{refunded:,}元，商家优惠退款共0.00元\n"
    )


class _GbkName(zipfile.ZipInfo):
    """A member whose name stands there as GBK bytes without the flag of UTF-8, as payment companies write it."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("gb18030"), self.flag_bits & ~0x800


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """A zip without a clock: the same members give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = _GbkName(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return out.getvalue()
