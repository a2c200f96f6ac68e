"""What is proposed for a sample, and how sure it is."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from loopmart.contracts.catalogue import Catalogue
from loopmart.errors import LoopmartError
from loopmart.ingest.totals import parse_figure
from loopmart.onboard.contract_text import TO_DO, write_contract
from loopmart.onboard.draft import Choices
from tests.unit.onboard.conftest import Proposer, load_contract, notes_on

RECEIPTS = "小票号,销售时间,实收金额\nA1,2026-03-08 10:00:00,5.00\nA2,2026-03-08 11:00:00,7.50\n"


@pytest.mark.parametrize(
    "text",
    [
        RECEIPTS,
        "Receipt No.,SOLD_AT,Net amount\nA1,2026-03-08 10:00:00,5.00\nA2,2026-03-08 11:00:00,7.50\n",
        "小票号,销售时间,实收金额（元）\nA1,2026-03-08 10:00:00,5.00\nA2,2026-03-08 11:00:00,7.50\n",
    ],
    ids=["Chinese", "English", "unit in wide brackets"],
)
def test_columns_are_known_by_their_words_in_any_spelling(
    text: str, propose_for: Proposer, catalogue: Catalogue
) -> None:
    source = load_contract(propose_for(text), catalogue)
    assert source.feed == "pos_receipts"
    assert list(source.columns.values()) == ["order_id_source", "ordered_at", "net_sales_amount"]


def test_the_scores_of_the_next_feeds_are_said_and_a_person_may_choose(propose_for: Proposer) -> None:
    assert notes_on(propose_for(RECEIPTS), "feed").startswith("pos_receipts 1.")
    assert "pos_order_lines" in notes_on(propose_for(RECEIPTS), "feed")
    chosen = propose_for(RECEIPTS, feed="pos_order_lines")
    assert chosen.feed.name == "pos_order_lines"
    assert notes_on(chosen, "feed") == "pos_order_lines, you say"


def test_a_name_that_is_only_alike_is_unsure(propose_for: Proposer) -> None:
    draft = propose_for("recept_no,sold_at,net_amount\nA1,2026-03-08 10:00:00,5.00\n")
    assert draft.plain["recept_no"] == "order_id_source"
    assert "is like receipt_no" in notes_on(draft, "order_id_source", "unsure")


def test_values_that_speak_against_a_name_are_said(propose_for: Proposer) -> None:
    draft = propose_for("小票号,销售时间,实收金额\nA1,昨天,5.00\nA2,今天,5.00\n")
    assert "ordered_at" in draft.open_fields
    assert "销售时间" not in draft.plain


def test_a_day_above_twelve_proves_the_order_and_is_named(propose_for: Proposer, catalogue: Catalogue) -> None:
    text = "小票号,销售时间,实收金额\nA1,03/04/2026 10:00,5.00\nA2,13/04/2026 10:00,5.00\n"
    draft = propose_for(text)
    assert load_contract(draft, catalogue).formats == {"ordered_at": "%d/%m/%Y %H:%M"}
    assert "line 3: 13/04/2026 10:00" in notes_on(draft, "ordered_at", "sure")


def test_an_order_that_nothing_proves_is_left_to_a_person(propose_for: Proposer, catalogue: Catalogue) -> None:
    text = "小票号,销售时间,实收金额\nA1,03/04/2026 10:00,5.00\nA2,05/04/2026 10:00,5.00\n"
    draft = propose_for(text)
    assert draft.open_fields == ["ordered_at"]
    assert "--format 'ordered_at=%d/%m/%Y %H:%M'" in notes_on(draft, "ordered_at", "needs you")
    assert f"{TO_DO}: ordered_at" in write_contract(draft)
    told = propose_for(text, choices=Choices(formats={"ordered_at": "%m/%d/%Y %H:%M"}))
    assert load_contract(told, catalogue).formats == {"ordered_at": "%m/%d/%Y %H:%M"}


def test_dates_and_times_in_columns_of_their_own_are_joined(propose_for: Proposer, catalogue: Catalogue) -> None:
    draft = propose_for("Receipt number,Date,Time,Net sales\n1,2026-03-08,20:30:11,5.00\n")
    assert "[Date] || ' ' || [Time]" in load_contract(draft, catalogue).derive["ordered_at"]


def test_several_forms_of_a_time_are_all_read(propose_for: Proposer, catalogue: Catalogue) -> None:
    draft = propose_for("小票号,销售时间,实收金额\nA1,2026-03-08 10:00,5.00\nA2,2026/03/08 10:00:01,5.00\n")
    derived = load_contract(draft, catalogue).derive["ordered_at"]
    assert "'%Y-%m-%d %H:%M'" in derived
    assert "'%Y/%m/%d %H:%M:%S'" in derived


def test_positive_refunds_become_negative_by_their_type(propose_for: Proposer, catalogue: Catalogue) -> None:
    draft = propose_for(
        "小票号,类型,销售时间,实收金额\nA1,销售,2026-03-08 10:00:00,5.00\nA2,退货,2026-03-08 11:00:00,5.00\n"
    )
    source = load_contract(draft, catalogue)
    assert source.derive["kind"] == "case when [类型] = '销售' then 'sale' when [类型] = '退货' then 'refund' end"
    assert (
        source.derive["net_sales_amount"]
        == "case when [类型] = '退货' then -abs(amount([实收金额])) else amount([实收金额]) end"
    )
    assert "line 3: 5.00 on a line of type 退货" in notes_on(draft, "net_sales_amount")


def test_refunds_that_are_negative_already_stay_as_they_are(propose_for: Proposer, catalogue: Catalogue) -> None:
    draft = propose_for(
        "Receipt number,Receipt type,Date,Net sales\n1,Sale,2026-03-08 10:00:00,5.00\n"
        "2,Refund,2026-03-08 11:00:00,-5.00\n"
    )
    assert load_contract(draft, catalogue).columns["Net sales"] == "net_sales_amount"
    assert "line 3: -5.00 is negative already" in notes_on(draft, "net_sales_amount")


def test_a_sample_without_a_refund_says_that_its_sign_is_unknown(propose_for: Proposer) -> None:
    draft = propose_for("小票号,类型,销售时间,实收金额\nA1,销售,2026-03-08 10:00:00,5.00\n")
    assert "no line of the sample is a refund" in notes_on(draft, "net_sales_amount", "unsure")


def test_a_type_column_of_an_unknown_name_is_known_by_its_words(propose_for: Proposer) -> None:
    draft = propose_for(
        "小票号,票种,销售时间,实收金额\nA1,销售,2026-03-08 10:00:00,5.00\nA2,退货,2026-03-08 11:00:00,5.00\n"
    )
    assert "[票种]" in draft.derive["kind"]
    assert "its name is new" in notes_on(draft, "kind", "unsure")


def test_an_unknown_word_of_a_type_is_named_with_its_line(propose_for: Proposer) -> None:
    draft = propose_for(
        "小票号,类型,销售时间,实收金额\nA1,销售,2026-03-08 10:00:00,5.00\nA2,充值,2026-03-08 11:00:00,5.00\n"
    )
    assert "line 3: '充值'" in notes_on(draft, "kind", "unsure")


def test_fen_in_the_header_are_turned_into_yuan(propose_for: Proposer, catalogue: Catalogue) -> None:
    draft = propose_for("小票号,销售时间,实收金额(分)\nA1,2026-03-08 10:00:00,500\n")
    assert load_contract(draft, catalogue).derive["net_sales_amount"] == "amount(from_fen([实收金额(分)]))"


def test_whole_amounts_of_a_json_are_unsure_until_a_person_says_the_unit(propose_for: Proposer) -> None:
    answer = json.dumps({"data": [{"sn": "1", "sold_at": "2026-03-08 10:00:00", "net_amount": 500}] * 2})
    assert "--unit fen" in notes_on(propose_for(answer, file="a.json"), "net_sales_amount", "unsure")
    told = propose_for(answer, file="a.json", choices=Choices(unit="fen"))
    assert told.derive["net_sales_amount"] == "amount(from_fen([net_amount]))"


def test_a_decimal_comma_is_told_from_a_thousands_separator(propose_for: Proposer) -> None:
    comma = propose_for("receipt_no;sold_at;net_amount\nA1;2026-03-08 10:00:00;1.234,50\nA2;2026-03-08 10:00:00;9,90\n")
    assert comma.derive["net_sales_amount"] == "amount(replace(replace([net_amount], '.', ''), ',', '.'))"
    thousands = propose_for('receipt_no,sold_at,net_amount\nA1,2026-03-08 10:00:00,"1,234.50"\n')
    assert thousands.derive["net_sales_amount"] == "amount([net_amount])"


def test_a_totals_row_that_holds_becomes_trailer_and_promise(propose_for: Proposer, catalogue: Catalogue) -> None:
    draft = propose_for(RECEIPTS + "合计,,12.50\n")
    source = load_contract(draft, catalogue)
    assert source.trailer is not None
    assert source.trailer.first_cell == "合计"
    assert [(p.cell, p.equals) for p in source.promises] == [("实收金额", "sum(amount([实收金额]))")]
    assert "line 4, column 实收金额: 12.50" in notes_on(draft, "control total", "sure")


def test_a_total_with_a_currency_sign_is_proposed_as_it_will_be_read(propose_for: Proposer) -> None:
    draft = propose_for(
        "Txn No,Txn Date,Net Total\nA1,2026-03-08 10:00:00,$5.00\nA2,2026-03-08 11:00:00,$1234.50\nTotal,,$1239.50\n"
    )
    assert [p["cell"] for p in draft.promises] == ["Net Total"]
    assert parse_figure("$1239.50") == Decimal("1239.50")
    assert list(draft.plain.values())[:2] == ["order_id_source", "ordered_at"]


def test_a_totals_row_that_holds_for_nothing_is_filtered_and_said(propose_for: Proposer) -> None:
    draft = propose_for(RECEIPTS + "合计,,99.00\n")
    assert not draft.promises
    assert not draft.trailer
    assert draft.filters == [{"when": "[小票号] in ('合计')", "reason": "a totals row"}]
    assert "99.00, but the sum of its lines is 12.50" in notes_on(draft, "control total", "unsure")


def test_a_promise_has_to_hold_in_every_sample(propose_for: Proposer) -> None:
    assert propose_for(RECEIPTS + "合计,,12.50\n", RECEIPTS + "合计,,12.50\n").promises
    assert not propose_for(RECEIPTS + "合计,,12.50\n", RECEIPTS + "合计,,13.00\n").promises


def test_totals_below_names_of_their_own_are_compared(propose_for: Proposer) -> None:
    draft = propose_for(RECEIPTS + "总笔数,总金额\n2,12.50\n")
    assert draft.trailer == {"header": [["总笔数", "总金额"]]}
    assert draft.promises == [
        {"cell": "总笔数", "equals": "count(*)"},
        {"cell": "总金额", "equals": "sum(amount([实收金额]))"},
    ]


def test_totals_in_prose_are_found(propose_for: Proposer) -> None:
    draft = propose_for(RECEIPTS + "#合计：2笔\n#实收共12.50元\n")
    assert draft.trailer == {"begins_with": "#"}
    assert {p["equals"] for p in draft.promises} == {"count(*)", "sum(amount([实收金额]))"}


def test_a_period_above_the_header_is_taken_before_that_of_the_rows(propose_for: Proposer) -> None:
    draft = propose_for("# 2026-03-01 to 2026-03-31\n" + RECEIPTS)
    assert draft.period["grain"] == "month"
    assert draft.period["pattern"] == r"(\d{4}[-/]\d{2}[-/]\d{2}) to (\d{4}[-/]\d{2}[-/]\d{2})"
    assert propose_for(RECEIPTS).period == {"grain": "day", "field": "business_date"}
    named = propose_for(RECEIPTS, file="sales_2026-03-08.csv")
    assert named.period["file_name"] == r"(\d{4}[-/]\d{2}[-/]\d{2})"


def test_a_key_that_repeats_is_shown_with_its_lines(propose_for: Proposer) -> None:
    assert "unique in the 2 lines" in notes_on(propose_for(RECEIPTS), "key", "sure")
    draft = propose_for(RECEIPTS + "A1,2026-03-08 12:00:00,1.00\n")
    assert "A1 stands in lines 2 and 4" in notes_on(draft, "key", "unsure")


def test_several_stores_in_a_file_are_told_by_their_names(propose_for: Proposer, catalogue: Catalogue) -> None:
    text = "门店名称,小票号,销售时间,实收金额\n甲店,A1,2026-03-08 10:00:00,5.00\n乙店,A2,2026-03-08 10:00:00,5.00\n"
    source = load_contract(propose_for(text), catalogue)
    assert source.stores is not None
    assert source.stores.name == "[门店名称]"
    known = propose_for(text.replace("甲店", "S00101").replace("乙店", "S00101"))
    assert known.plain["门店名称"] == "store_id"


def test_personal_columns_that_no_field_takes_are_ignored_with_a_warning(propose_for: Proposer) -> None:
    draft = propose_for(RECEIPTS.replace("额\n", "额,顾客姓名,秘\n").replace("0\n", "0,王小明,13912345678\n"))
    warned = notes_on(draft, "personal data", "unsure")
    assert "顾客姓名 looks like name" in warned
    assert "13912345678" not in "".join(n.text for n in draft.notes)


def test_a_phone_that_the_feed_has_no_field_for_may_be_the_card(propose_for: Proposer) -> None:
    text = "小票号,行号,销售时间,条码,数量,单价,实收,会员手机\nA1,1,2026-03-08 10:00:00,P1,1,5.00,5.00,13800000041\n"
    draft = propose_for(text)
    assert draft.feed.name == "pos_order_lines"
    assert "--map '会员手机=card_token'" in notes_on(draft, "personal data", "unsure")
    assert notes_on(draft, "unit_price") == ""
    told = propose_for(text, choices=Choices(columns={"会员手机": "card_token"}))
    assert notes_on(told, "personal data") == ""


def test_required_fields_are_open_until_a_person_gives_them(propose_for: Proposer, catalogue: Catalogue) -> None:
    text = "券码,核销时间,核销金额,门店\nV1,2026-03-08 10:00:00,5.00,甲店\n"
    assert "issuer" in propose_for(text).open_fields
    told = propose_for(text, choices=Choices(constants={"issuer": "meituan"}))
    assert not told.open_fields
    assert load_contract(told, catalogue).constants["issuer"] == "meituan"


def test_a_map_takes_the_place_of_the_proposal(propose_for: Proposer, catalogue: Catalogue) -> None:
    text = "小票号,销售时间,实收金额,进价\nA1,2026-03-08 10:00:00,5.00,3.00\n"
    told = propose_for(text, choices=Choices(columns={"进价": "cost_amount"}))
    assert load_contract(told, catalogue).columns["进价"] == "cost_amount"
    with pytest.raises(LoopmartError, match="小票号, 销售时间, 实收金额, 进价"):
        propose_for(text, choices=Choices(columns={"成本": "cost_amount"}))


def test_two_columns_of_one_name_are_refused(propose_for: Proposer) -> None:
    with pytest.raises(LoopmartError, match="line 1: the header names 金额 twice"):
        propose_for("小票号,销售时间,金额,金额\nA1,2026-03-08 10:00:00,5.00,5.00\n")


def test_marks_of_emptiness_and_guards_are_noticed(propose_for: Proposer, catalogue: Catalogue) -> None:
    draft = propose_for("小票号,销售时间,实收金额,会员卡号\n'0001,2026-03-08 10:00:00,5.00,--\n")
    source = load_contract(draft, catalogue)
    assert source.empty == ["--"]
    assert source.derive["order_id_source"] == "ltrim([小票号], '''')"


def test_a_number_that_a_spreadsheet_spoilt_is_named(propose_for: Proposer) -> None:
    draft = propose_for("小票号,销售时间,实收金额\n4.00123E+27,2026-03-08 10:00:00,5.00\n")
    assert "line 2: 4.00123E+27" in notes_on(draft, "小票号", "unsure")


def test_lines_of_receipts_get_what_tills_leave_out(propose_for: Proposer, catalogue: Catalogue) -> None:
    draft = propose_for(
        "flow_no,oper_date,item_no,sale_price,sale_qnty,sale_money,sell_way\n"
        "1,2026-03-08 10:00:05.000,6901,12.50,2.0,25.00,A\n1,2026-03-08 10:00:05.000,6902,5.00,1.0,5.00,B\n"
    )
    source = load_contract(draft, catalogue)
    assert source.feed == "pos_order_lines"
    assert source.derive["line_number"] == "row_number() over (partition by _file, [flow_no] order by _line)"
    assert source.derive["quantity"].startswith("case when [sell_way] = 'B' then -abs(")
    assert source.constants["coupon_amount"] == "0"


def test_a_receipt_whose_lines_have_times_of_their_own_gets_that_of_its_first(
    propose_for: Proposer, catalogue: Catalogue
) -> None:
    text = "小票号,行号,销售时间,条码,数量,实收\nA1,1,2026/3/8 9:05,P1,1,5.00\nA1,2,2026/3/8 9:06,P2,1,5.00\n"
    draft = propose_for(text)
    assert "9:06 in line 3" in notes_on(draft, "ordered_at", "unsure")
    source = load_contract(draft, catalogue)
    assert source.derive["ordered_at"] == "first_value([销售时间]) over (partition by _file, [小票号] order by _line)"
    assert source.formats["ordered_at"] == "%Y/%m/%d %H:%M"
    alike = propose_for(text.replace("9:06", "9:05"))
    assert notes_on(alike, "ordered_at", "unsure") == ""
