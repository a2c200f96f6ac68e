"""How the demo's receipts were paid: invented, by seed, and known to the cent.

The publisher tells what was bought, not how it was paid.  So each household gets one payer at WeChat Pay, every
seventh a second one, and a favourite way of paying; about 60 % of the purchases are paid by WeChat, whose bill names
the payer, the others by Alipay (which masks the payer), bank card and cash.  What a manufacturer's coupon pays is a
tender of its own.  The tenders of a receipt come to its net sales.

Tills and bills agree, but for a known number of breaks of each class, and they do so in spite of a clock that is up to
three minutes off, payments without an order number, coupons that the payment company funds, and refunds.

Everything is drawn from MD5 of a receipt's number, so that the same receipts give the same payments.
"""

from __future__ import annotations

from typing import Any

import duckdb

SEED = "loopmart demo"
BREAKS = {
    "long": 40,
    "short": 35,
    "missing_in_bill": 45,
    "missing_in_pos": 30,
    "refund_pending": 25,
    "refund_amount": 20,
    "fee_difference": 50,
    "duplicate_charge": 24,
    "coupon_mismatch": 30,
    "cross_day": 20,
}
"""Receipts of each class of break, where the data has so many that it can befall."""
TRIALS = {"without_order_number": 40, "refunded": 200, "funded_coupon": 150}
"""Receipts that are unusual and yet match."""
LATE = 23  # from this hour on a payment may be booked on the next day, and nothing else is unusual
FEWEST = "5.00"  # amount of a payment that something unusual may befall

Connection = duckdb.DuckDBPyConnection


def pay_receipts(con: Connection, zone: str, *, with_breaks: bool) -> None:
    """Make the tables `tenders` (what tills tell) and `entries` (what bills tell) of the receipts in `lines`.

    `zone` is that of the stores; columns _at are UTC, but for local_at.

    `tenders`: store, basket, place (within the receipt), kind, channel, amount, local_at, reference, till.
    `entries`: channel, kind, store, card, payer, payment_for (basket), payment_id, refund_id, order_no, utc_at (of the
    entry), first_at (of the payment), amount (settled), order_amount, merchant_coupon, funded_coupon, fee, rate (in
    hundredths of a percent), till, what is unusual, is_extra (a second charge, or one that no till knows).
    """
    create_macros(con, zone)
    _draw_payers(con)
    _split_receipts(con)
    _choose_unusual(con, with_breaks=with_breaks)
    _list_refunds(con)
    _list_tenders(con)
    _list_entries(con)


def list_breaks(con: Connection) -> list[dict[str, Any]]:
    """The planted breaks in a fixed order; amounts are texts, None on the side that has nothing."""
    fields = (
        "class store_id order_id_source payment_channel kind business_date bill_business_date pos_amount bill_amount"
    )
    rows = con.execute("""
        with tills as (
            select tenders.*, what from tenders join unusual using (store, basket) where channel = unusual.paid_by
        ),
        bills as (select *, cast(to_local(utc_at) as date) as day from entries),
        found as (
            select what, store, basket, channel, 'payment' as kind, local_at::date as day, null::date as bill_day,
                amount as pos, null::decimal(18, 2) as bill
            from tills where what = 'missing_in_bill' and kind = 'payment'
            union all
            select what, store, basket, channel, 'refund', local_at::date, null, amount, null
            from tills where what = 'refund_pending' and kind = 'refund'
            union all
            select what, store, order_no, channel, kind, day, null, null, amount
            from bills where what in ('missing_in_pos', 'duplicate_charge') and is_extra
            union all
            select tills.what, tills.store, tills.basket, tills.channel, tills.kind, tills.local_at::date, bills.day,
                tills.amount, bills.amount
            from tills join bills on bills.payment_for = tills.basket and bills.kind = tills.kind and not is_extra
            where tills.what in ('long', 'short', 'fee_difference', 'coupon_mismatch', 'cross_day')
                or (tills.what = 'refund_amount' and tills.kind = 'refund')
        )
        select what, store, basket, channel, kind, day::varchar, coalesce(bill_day, day)::varchar, pos::varchar,
            bill::varchar
        from found order by what, store, basket
    """).fetchall()
    return [dict(zip(fields.split(), row, strict=True)) for row in rows]


def create_macros(con: Connection, zone: str) -> None:
    """`draw(key, about)` is a number from 0 to 999,999, the same at each call; rates are hundredths of a percent."""
    macros = (
        f"draw(key, about) as (md5_number_lower('{SEED} ' || about || ' ' || key) % 1000000)::integer",
        "rate_of(channel, store) as if(channel = 'alipay' and draw(store, 'rate') < 300000, 38, 60)",
        f"to_local(moment) as moment at time zone 'UTC' at time zone '{zone}'",
        "channel_of(drawn) as case when drawn < 600000 then 'wechat' when drawn < 750000 then 'alipay' "
        "when drawn < 900000 then 'card' else 'cash' end",
        "some_cents(key, about, most) as ((1 + draw(key, about) % most) * 0.01)::decimal(18, 2)",
        "fee_of(amount, rate) as ((((amount * 100)::bigint * rate + 5000) // 10000) * 0.01)::decimal(18, 2)",
        "payer(card, number) as 'oDemo' || substr(md5(card || ' payer ' || number), 1, 23)",
        "payment_id(channel, basket, moment, number) as if(channel = 'wechat', '4200', '') "
        "|| strftime(moment, '%Y%m%d') || if(channel = 'alipay', '2200', '') || lpad(basket, 14, '0') "
        "|| lpad(number::varchar, 2, '0')",
    )
    for macro in macros:
        con.execute(f"create or replace macro {macro}")


def _draw_payers(con: Connection) -> None:
    """`households`: favourite way of paying, one payer or two."""
    con.execute("""
        create table households as
        select card, channel_of(draw(card, 'favourite')) as favourite, draw(card, 'payers') < 142857 as has_two_payers
        from (select distinct card from lines)
    """)


def _split_receipts(con: Connection) -> None:
    """`parts`: a receipt's coupon, and what is left paid one way, now and then partly in cash or from stored value."""
    con.execute("""
        create table parts as
        with receipts as (
            select store, basket, card, min(utc_at) as utc_at, min(local_at) as local_at, sum(net) as net,
                least(sum(coupon), greatest(sum(net), 0)) as coupon
            from lines group by store, basket, card
        ),
        paid as (
            select receipts.*, net - coupon as rest, 1 + draw(basket, 'till') % 3 as till,
                case when net <= coupon then 'cash' when draw(basket, 'habit') < 700000 then favourite
                    else channel_of(draw(basket, 'channel')) end as paid_by,
            from receipts join households using (card)
        ),
        split as (
            select *,
                if(rest >= 10 and paid_by <> 'cash' and draw(basket, 'split') < 20000, floor(rest * 0.3), 0)
                    ::decimal(18, 2) as in_cash,
                if(rest >= 10 and paid_by <> 'cash' and draw(basket, 'split') < 2000, 2, 0)::decimal(18, 2) as stored,
            from paid
        )
        select store, basket, card, utc_at, local_at, paid_by, till, in_cash > 0 as is_split,
            unnest([
                {place: 1, channel: paid_by, amount: (rest - in_cash - stored)::decimal(18, 2)},
                {place: 2, channel: 'cash', amount: in_cash},
                {place: 3, channel: 'stored_value', amount: stored},
                {place: 4, channel: 'voucher', amount: coupon::decimal(18, 2)}
            ], recursive := true)
        from split
    """)
    con.execute("delete from parts where amount = 0 and place > 1")
    con.execute(
        "delete from parts where amount = 0 and (store, basket) in (select (store, basket) from parts where place > 1)"
    )


def _choose_unusual(con: Connection, *, with_breaks: bool) -> None:
    """`unusual`: what befalls which receipt, of those that a bill tells, paid one way and before the last weeks."""
    wanted = (BREAKS if with_breaks else {}) | TRIALS
    late = {"cross_day": wanted.pop("cross_day")} if "cross_day" in wanted else {}
    con.execute("create table unusual (store text, basket text, paid_by text, what text)")
    for classes, hours in (
        (wanted, f"hour(local_at) between 1 and {LATE - 1}"),
        (late, f"hour(local_at) >= {LATE}"),
    ):
        if not classes:
            continue
        plan = ", ".join(f"({n}, '{name}', {count})" for n, (name, count) in enumerate(classes.items()))
        con.execute(f"""
            insert into unusual
            with plan(turn, what, wanted) as (values {plan}),
            free as (
                select *, row_number() over (order by draw(basket, 'unusual'), basket) - 1 as rank
                from parts
                where channel in ('wechat', 'alipay') and not is_split and amount >= {FEWEST} and {hours}
                    and local_at < (select max(local_at) from lines) - interval 26 days
            )
            select store, basket, paid_by, what
            from free join plan on rank % {len(classes)} = turn and rank // {len(classes)} < wanted
        """)


def _list_refunds(con: Connection) -> None:
    """`refunds`: what tills gave back of a payment some days later, all or a part; and what the bill says of it."""
    con.execute("""
        create table refunds as
        with given as (
            select parts.*, what,
                if(draw(basket, 'refund') % 3 = 0, amount, round(amount * (20 + draw(basket, 'part') % 60) / 100, 2))
                    ::decimal(18, 2) as refund,
                utc_at + to_days(1 + draw(basket, 'days') % 20) - to_minutes(draw(basket, 'minutes') % 50) as refund_at,
            from parts join unusual using (store, basket)
            where place = 1 and what in ('refund_pending', 'refund_amount', 'refunded')
        )
        select *,
            case what when 'refunded' then refund
                when 'refund_amount' then refund - some_cents(basket, 'refund cents', 99) end::decimal(18, 2)
                as refund_in_bill,
        from given
    """)


def _list_tenders(con: Connection) -> None:
    """What the tills tell; seven of ten note the number of the payment company, all that of the card's terminal."""
    con.execute("""
        create table tenders as
        with noted as (
            select parts.*, what,
                case when channel = 'card' then '2017' || lpad(draw(basket, 'card')::varchar, 8, '0')
                    when channel not in ('wechat', 'alipay') or what = 'missing_in_bill' then null
                    when draw(basket, 'noted') < if(what = 'without_order_number', 500000, 700000)
                    then payment_id(channel, basket, utc_at, 1) end as reference,
            from parts left join unusual using (store, basket)
        )
        select store, basket, place, if(amount < 0, 'refund', 'payment') as kind, channel, amount, local_at, reference,
            till
        from noted
        union all
        select refunds.store, refunds.basket, 5, 'refund', refunds.channel, -refund, to_local(refund_at), reference,
            refunds.till
        from refunds join noted using (store, basket, place)
    """)


def _list_entries(con: Connection) -> None:
    """What the bills tell: rates of 0.60 % at WeChat, of 0.38 or 0.60 % at Alipay, fees rounded half up to the cent."""
    con.execute("""
        create table entries as
        with clocks as (
            select parts.*, coalesce(what, '') as what, has_two_payers,
                utc_at + to_seconds(draw(basket, 'clock') % 241 - 60) as there_at,
                rate_of(channel, store) as rate,
            from parts join households using (card) left join unusual using (store, basket)
            where channel in ('wechat', 'alipay') and amount > 0
        ),
        timed as (
            select * exclude (there_at),
                payer(card, if(has_two_payers and draw(basket, 'payer') < 350000, 2, 1)) as payer,
                case when what = 'cross_day' then utc_at + (local_at::date + interval 1 day - local_at)
                        + to_seconds(draw(basket, 'late') % 1200)
                    when to_local(there_at)::date = local_at::date then there_at else utc_at end as paid_at,
            from clocks
        ),
        told as (
            select *,
                case what when 'long' then amount + some_cents(basket, 'difference', 400)
                    when 'short' then amount - some_cents(basket, 'difference', 400)
                    when 'coupon_mismatch' then amount - some_cents(basket, 'coupon', 300)
                    else amount end::decimal(18, 2) as settled,
                if(what = 'coupon_mismatch', some_cents(basket, 'coupon', 300), 0.00)::decimal(18, 2)
                    as merchant_coupon,
                if(what = 'funded_coupon', some_cents(basket, 'coupon', 300), 0.00)::decimal(18, 2) as funded_coupon,
            from timed where what <> 'missing_in_bill'
        ),
        payments as (
            select channel, 'payment' as kind, store, card, payer, basket as payment_for,
                payment_id(channel, basket, utc_at, 1) as payment_id, '' as refund_id,
                if(what = 'without_order_number', '', basket) as order_no, paid_at as utc_at, paid_at as first_at,
                settled as amount, settled + merchant_coupon as order_amount, merchant_coupon, funded_coupon,
                fee_of(settled, if(what = 'fee_difference', rate + 45, rate)) as fee, rate, till, what,
                false as is_extra,
            from told
        ),
        again as (
            select * replace (
                left(payment_id, 26) || '02' as payment_id, utc_at + interval 25 seconds as utc_at,
                first_at + interval 25 seconds as first_at, true as is_extra
            )
            from payments where what = 'duplicate_charge'
        ),
        unknown as (
            select * replace (
                left(payment_id, 26) || '02' as payment_id, '9' || order_no as order_no,
                utc_at + interval 11 minutes as utc_at, first_at + interval 11 minutes as first_at,
                amount + 1.37 as amount, order_amount + 1.37 as order_amount, fee_of(amount + 1.37, rate) as fee,
                true as is_extra
            )
            from payments where what = 'missing_in_pos'
        ),
        given_back as (
            select payments.* replace (
                'refund' as kind, if(payments.channel = 'wechat', '5030', 're_') || substr(payment_id, 5) as refund_id,
                refund_at + to_seconds(draw(payment_for, 'refund clock') % 121) as utc_at, -refund_in_bill as amount,
                -refund_in_bill as order_amount, -fee_of(refund_in_bill, rate) as fee
            )
            from payments join refunds on payments.payment_for = refunds.basket and payments.store = refunds.store
            where refund_in_bill is not null
        )
        from payments
        union all by name from again
        union all by name from unknown
        union all by name from given_back
    """)
