"""Each rule by which identifiers become members, on evidence that a person can read."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from loopmart.errors import LoopmartError
from loopmart.identity.rules import CAPS, Rules
from tests.evidence import Said, Warehouse, own_id, record, token


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


def test_identifiers_of_one_record_are_one_member(warehouse: Warehouse) -> None:
    found = warehouse.resolve(record("card:a phone:p openid:o@app") + record("phone:q"))
    assert found.are_one("card:a", "phone:p", "openid:o@app")
    assert found.row("card:a")["identifier_count"] == 3
    assert found.member("phone:q") == own_id("phone:q")


def test_the_earliest_identifier_founds_the_member_then_the_type_decides(warehouse: Warehouse) -> None:
    found = warehouse.resolve(record("card:a phone:p", 5) + record("phone:p", 1) + record("card:b openid:x@app", 5))
    assert found.member("card:a") == own_id("phone:p")
    assert found.member("openid:x@app") == own_id("card:b")


def test_a_row_tells_when_and_how_often_its_identifier_was_seen(warehouse: Warehouse) -> None:
    said = [Said("card:a", "phone:p", first=3, last=9, count=4), Said("card:a", first=1, last=2, count=2)]
    row = warehouse.resolve(said).row("card:a")
    assert (row["first_seen_date"], row["last_seen_date"], row["evidence_count"]) == (
        date(2026, 1, 2), date(2026, 1, 10), 6,
    )  # fmt: skip


def test_a_cashiers_card_with_hundreds_of_payers_joins_nobody(warehouse: Warehouse) -> None:
    said = [one for n in range(300) for one in record(f"card:cashier openid:{n}@app", n)]
    said += [one for n in range(300) for one in record(f"card:{n} openid:{n}@app", n)]
    found = warehouse.resolve(said)
    assert found.status("card:cashier") == "shared"
    assert found.member("card:cashier") is None
    assert len({found.member(f"openid:{n}@app") for n in range(300)}) == 300
    assert all(found.are_one(f"openid:{n}@app", f"card:{n}") for n in range(300))


def test_a_card_with_as_many_payers_as_the_cap_is_one_persons(warehouse: Warehouse) -> None:
    payers = CAPS["vip_card"][2]
    said = [one for n in range(payers) for one in record(f"card:a openid:{n}@app", n)]
    assert warehouse.resolve(said).status("card:a") == "active"
    assert warehouse.resolve(said + record("card:a alipay:x")).status("card:a") == "shared"


def test_evidence_of_several_kinds_about_one_pair_counts_one_neighbour(warehouse: Warehouse) -> None:
    kinds = ("order", "payment", "points", "member_list", "touch", "follower")
    said = [one for kind in kinds for one in record("unionid:u openid:o@app", kind=kind)]
    assert warehouse.resolve(said).are_one("unionid:u", "openid:o@app")


def test_a_family_phone_joins_nobody(warehouse: Warehouse) -> None:
    said = [one for n in range(4) for one in record(f"card:{n} phone:home", n, 300, kind="member_list")]
    found = warehouse.resolve(said)
    assert found.status("phone:home") == "shared"
    assert len({found.member(f"card:{n}") for n in range(4)}) == 4


def test_the_same_openid_text_under_two_appids_is_two_people(warehouse: Warehouse) -> None:
    found = warehouse.resolve(record("openid:same@app1 card:a") + record("openid:same@app2 card:b"))
    assert not found.are_one("openid:same@app1", "openid:same@app2")
    assert found.row("openid:same@app1")["issuer"] == "app1"


def test_a_unionid_bridges_the_openids_of_several_apps(warehouse: Warehouse) -> None:
    said = record("openid:x@app1 unionid:u", kind="follower") + record("openid:y@app2 unionid:u", kind="follower")
    assert warehouse.resolve(said).are_one("openid:x@app1", "openid:y@app2", "unionid:u")


def test_two_cards_of_one_phone_are_one_member(warehouse: Warehouse) -> None:
    said = record("card:a phone:p", 0, 100, "member_list") + record("card:b phone:p", 0, 100, "member_list")
    assert warehouse.resolve(said).are_one("card:a", "card:b", "phone:p")


def test_two_cards_whose_names_and_birthdays_differ_never_join_through_their_phone(warehouse: Warehouse) -> None:
    said = record("card:a phone:p", 0, 100, "member_list") + record("card:b phone:p", 1, 100, "member_list")
    warehouse.conflicts = [("phone:p", "card:a", "card:b")]
    found = warehouse.resolve(said)
    assert found.are_one("card:a", "phone:p")
    assert not found.are_one("card:a", "card:b")
    other = record("card:a unionid:u", 0, 100) + record("card:b unionid:u", 0, 100)
    assert warehouse.resolve(said + other).are_one("card:a", "card:b", "phone:p")


def test_a_reassigned_phone_has_a_period_for_each_owner(warehouse: Warehouse) -> None:
    found = warehouse.resolve(record("card:a phone:p", 0, 50) + record("card:b phone:p", 140, 200))
    former, active = found.row("phone:p", 1), found.row("phone:p", 2)
    assert (former["status"], former["member_id"]) == ("former", own_id("card:a"))
    assert (active["status"], active["member_id"]) == ("active", own_id("card:b"))
    assert (former["valid_from"], former["valid_to"]) == (None, date(2026, 2, 20))
    assert (active["valid_from"], active["valid_to"]) == (date(2026, 5, 21), None)
    assert former["own_member_id"] != active["own_member_id"] == "M" + token("phone:p")[1:21]


@pytest.mark.parametrize("first", [139, 30])
def test_a_phone_that_did_not_rest_is_one_persons(warehouse: Warehouse, first: int) -> None:
    found = warehouse.resolve(record("card:a phone:p", 0, 50) + record("card:b phone:p", first, 200))
    assert found.are_one("card:a", "card:b", "phone:p")


def test_a_phone_that_rested_is_still_one_persons_where_something_else_connects_both_times(
    warehouse: Warehouse,
) -> None:
    said = record("card:a phone:p", 0, 50) + record("card:b phone:p", 300, 400)
    assert not warehouse.resolve(said).are_one("card:a", "card:b")
    assert warehouse.resolve(said + record("card:a openid:o@app card:b")).are_one("card:a", "card:b", "phone:p")


def test_evidence_of_a_phone_alone_falls_into_the_period_of_its_day(warehouse: Warehouse) -> None:
    said = record("card:a phone:p", 0, 50) + record("card:b phone:p", 300, 400)
    said += record("phone:p", 20, count=2) + record("phone:p", 410, count=3)
    found = warehouse.resolve(said)
    assert [found.row("phone:p", n)["evidence_count"] for n in (1, 2)] == [3, 4]
    assert found.row("phone:p", 2)["last_seen_date"] == date(2027, 2, 15)


def test_evidence_without_a_day_separates_no_owners(warehouse: Warehouse) -> None:
    said = record("card:a phone:p", 0, 50) + record("card:b phone:p", 300, 400)
    found = warehouse.resolve(said + record("unionid:u phone:p", None))
    assert found.are_one("card:a", "card:b", "unionid:u")
    assert found.row("unionid:u")["first_seen_date"] is None


def test_a_component_above_the_cap_is_rebuilt_from_strong_evidence(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, Rules(component_cap=4))
    said = [one for n in range(3) for one in record(f"card:{n} phone:{n}", kind="member_list")]
    said += record("card:0 card:1") + record("card:1 card:2")
    found = warehouse.resolve(said)
    assert {found.row(f"card:{n}")["identifier_count"] for n in range(3)} == {2}
    assert all(found.are_one(f"card:{n}", f"phone:{n}") for n in range(3))
    assert found.status("card:0") == "active"


def test_what_was_seen_on_one_day_only_goes_first_from_a_component_above_the_cap(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, Rules(component_cap=3))
    said = [one for n in range(3) for one in record(f"card:{n} openid:{n}@app", n, n + 100)]
    found = warehouse.resolve(said + record("card:0 openid:1@app", 5) + record("card:1 openid:2@app", 6))
    assert all(found.are_one(f"card:{n}", f"openid:{n}@app") for n in range(3))
    assert not found.are_one("card:0", "card:1")
    assert {row["status"] for row in found.rows} == {"active"}


def test_identifiers_that_strong_evidence_holds_above_the_cap_stand_alone(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, Rules(component_cap=4))
    said = [one for n in range(4) for one in record(f"card:{n} phone:{n} card:{n + 1}", n, kind="member_list")]
    found = warehouse.resolve(said)
    assert found.status("card:0") == "over_cap"
    assert found.member("card:0") == own_id("card:0")
    assert {row["identifier_count"] for row in found.rows} == {1}


def test_a_veto_takes_the_weakest_and_latest_evidence_between_two_away(warehouse: Warehouse) -> None:
    said = record("card:a phone:p", 0, 400, "member_list") + record("phone:p openid:o@app", 1, 400)
    said += record("openid:o@app card:b", 2, 400)
    assert warehouse.resolve(said).are_one("card:a", "card:b")
    warehouse.decide("2026-06-01 veto card:a card:b")
    found = warehouse.resolve(said)
    assert found.are_one("card:a", "phone:p", "openid:o@app")
    assert found.member("card:b") == own_id("card:b")


def test_a_veto_holds_for_ever_whatever_arrives(warehouse: Warehouse) -> None:
    warehouse.decide("2026-06-01 veto card:a card:b")
    said = (
        record("card:a card:b", 0, 900, "member_list")
        + record("card:a unionid:u", 500)
        + record("unionid:u card:b", 501)
    )
    found = warehouse.resolve(said + record("card:a phone:p", 600) + record("phone:p card:b", 601))
    assert not found.are_one("card:a", "card:b")


def test_a_veto_is_stronger_than_a_link(warehouse: Warehouse) -> None:
    warehouse.decide("2026-06-01 veto card:a card:b", "2026-06-02 link card:a card:b")
    assert not warehouse.resolve(record("card:a phone:p") + record("card:b phone:q")).are_one("card:a", "card:b")


def test_a_link_makes_two_one_from_its_day_on(warehouse: Warehouse) -> None:
    warehouse.decide("2026-06-01 link card:a card:b")
    found = warehouse.resolve(record("card:a phone:p", 1) + record("card:b phone:q", 2))
    assert found.are_one("card:a", "card:b", "phone:p", "phone:q")
    assert found.changes("card:b") == [("link", own_id("card:a"), 151)]
    (change,) = found.row("card:b")["changes"]
    assert (change["file_id"], change["line"], change["reason"]) == ("identity_decisions.csv", 2, "because")


def test_a_link_to_a_shared_identifier_joins_nobody(warehouse: Warehouse) -> None:
    warehouse.decide("2026-06-01 link card:cashier card:a")
    said = [one for n in range(9) for one in record(f"card:cashier openid:{n}@app", n)]
    found = warehouse.resolve(said + record("card:a"))
    assert found.status("card:cashier") == "shared"
    assert found.member("card:a") == own_id("card:a")


def test_after_a_split_ids_are_those_from_before_the_merge(warehouse: Warehouse) -> None:
    said = record("card:a phone:p", 0) + record("openid:o@app card:b", 1)
    before = warehouse.resolve(said)
    merged = said + record("phone:p openid:o@app", 10)
    assert warehouse.resolve(merged).are_one("card:a", "card:b")
    warehouse.decide("2026-06-01 split openid:o@app")
    after = warehouse.resolve(merged)
    assert after.member("card:a") == before.member("card:a")
    assert after.member("card:b") == own_id("card:b")
    assert after.member("openid:o@app") == own_id("openid:o@app")
    reloaded = warehouse.resolve(random.Random(1).sample(merged, len(merged)))
    assert reloaded.rows == after.rows


def test_evidence_after_a_split_counts_again(warehouse: Warehouse) -> None:
    warehouse.decide("2026-06-01 split openid:o@app")
    said = record("card:a openid:o@app", 0)
    assert not warehouse.resolve(said).are_one("card:a", "openid:o@app")
    found = warehouse.resolve(said + record("card:a openid:o@app", 200))
    assert found.are_one("card:a", "openid:o@app")


def test_a_merge_is_dated_by_its_evidence_and_names_its_line(warehouse: Warehouse) -> None:
    said = record("card:a", 0) + record("openid:o@app", 3) + record("phone:p", 7)
    said += record("card:a openid:o@app", 9, file="f9", line=4) + record("openid:o@app phone:p", 7)
    found = warehouse.resolve(said)
    assert found.changes("openid:o@app") == [("merge", own_id("card:a"), 9)]
    assert found.changes("phone:p") == found.changes("card:a") == []
    assert [found.row("openid:o@app")["changes"][0][name] for name in ("file_id", "line")] == ["f9", 4]


def test_members_that_become_one_on_a_day_all_end_in_the_one_that_is_left_at_its_end(warehouse: Warehouse) -> None:
    said = record("card:a", 0) + record("card:b", 1) + record("card:c", 2)
    said += record("card:b card:c", 9, line=1) + record("card:a card:b", 9, line=2)
    found = warehouse.resolve(said)
    assert found.changes("card:c") == [("merge", own_id("card:a"), 9)]
    assert found.changes("card:b") == [("merge", own_id("card:a"), 9)]


def test_a_split_and_what_it_undid_both_stay_in_the_history(warehouse: Warehouse) -> None:
    warehouse.decide("2026-06-01 split openid:o@app")
    said = record("card:a", 0) + record("openid:o@app", 1) + record("card:a openid:o@app", 10)
    found = warehouse.resolve(said)
    assert found.changes("openid:o@app") == [("merge", own_id("card:a"), 10)]
    assert found.changes("card:a") == [("split", own_id("openid:o@app"), 151)]


def test_a_veto_on_what_was_one_is_an_event_of_its_day(warehouse: Warehouse) -> None:
    warehouse.decide("2026-06-01 veto card:a card:b")
    found = warehouse.resolve(record("card:a phone:p", 0) + record("phone:p card:b", 5))
    assert found.changes("card:a") == [("veto", own_id("card:b"), 151)]
    assert not found.are_one("card:a", "card:b")


def test_a_veto_before_the_evidence_is_no_event(warehouse: Warehouse) -> None:
    warehouse.decide("2026-06-01 veto card:a card:b")
    found = warehouse.resolve(record("card:a phone:p", 200) + record("phone:p card:b", 205))
    assert found.changes("card:a") == found.changes("card:b") == []


def test_identifiers_of_decisions_are_marked(warehouse: Warehouse) -> None:
    warehouse.decide("2026-06-01 veto card:a card:unknown")
    found = warehouse.resolve(record("card:a phone:p"))
    assert [found.row(name)["is_decided"] for name in ("card:a", "phone:p")] == [True, False]


def test_no_evidence_resolves_to_no_rows(warehouse: Warehouse) -> None:
    assert warehouse.resolve([]).rows == []


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("a_token", "13800138000", "no token"),
        ("a_token", "G" * 32, "no token"),
        ("a_token", "AB" * 16, "no token"),
        ("a_type", "email", "no type of identifier"),
        ("evidence_kind", "guess", "no kind of evidence"),
    ],
)
def test_what_is_no_evidence_is_refused_with_its_value(
    warehouse: Warehouse, column: str, value: str, told: str
) -> None:
    warehouse.store(record("card:a phone:p"))
    warehouse.session.execute(f"update edges_now set {column} = '{value}'")
    from loopmart.identity import resolve_identifiers

    with pytest.raises(LoopmartError, match=f"{value}' is {told}"):
        resolve_identifiers(warehouse.session, "edges_now")


def test_who_is_no_longer_shared_joins_neighbours_that_nothing_else_touched(warehouse: Warehouse) -> None:
    said = [one for n in range(7) for one in record(f"card:a openid:{n}@app", n)]
    said += [one for n in range(7) for one in record(f"alipay:{n} openid:{n}@app", n)]
    assert warehouse.resolve(said).status("card:a") == "shared"
    night = warehouse.resolve_change(said[3:])
    assert night.are_one("card:a", "openid:6@app", "alipay:6")
    assert night.rows == warehouse.resolve(said[3:]).rows


def test_two_identifiers_with_one_key_are_both_resolved_anew_with_all_their_neighbours(warehouse: Warehouse) -> None:
    said = record("card:0 phone:p") + record("twin:0 openid:x@app")
    warehouse.resolve(said)
    added = record("phone:p unionid:u", 9)
    night = warehouse.resolve_change(said + added)
    assert night.are_one("twin:0", "openid:x@app")
    assert night.rows == warehouse.resolve(said + added).rows


def test_of_two_identifiers_with_one_key_only_the_one_without_evidence_is_gone(warehouse: Warehouse) -> None:
    said, revoked = record("twin:0 openid:x@app"), record("card:0 phone:p")
    warehouse.resolve(said + revoked)
    assert warehouse.resolve_change(said).rows == warehouse.resolve(said).rows


def test_evidence_between_two_identifiers_with_one_key_comes_and_goes(warehouse: Warehouse) -> None:
    said = record("card:0 phone:p") + record("twin:0 openid:x@app")
    warehouse.resolve(said)
    assert warehouse.resolve_change(said + record("card:0 twin:0", 3)).are_one("card:0", "openid:x@app")
    assert warehouse.resolve_change(said).rows == warehouse.resolve(said).rows
