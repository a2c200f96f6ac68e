"""What is known of a customer at the end of a day."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loopmart.value.summaries import Summaries, count_after, sum_by_day, summarise

Transaction = tuple[str, int, int]


def summarise_list(transactions: list[Transaction], as_of: int) -> Summaries:
    ids, days, cents = zip(*transactions, strict=True)
    return summarise(sum_by_day(ids, np.array(days), np.array(cents)), as_of, unit_days=7.0)


def test_several_orders_of_a_day_are_one_purchase() -> None:
    summary = summarise_list([("A", 0, 500), ("A", 7, 100), ("A", 7, 300)], as_of=21)
    assert (summary.frequency[0], summary.recency[0], summary.tenure[0]) == (1, 1.0, 3.0)
    assert summary.average_value[0] == 4.0


def test_the_first_purchase_does_not_count_for_frequency_or_value() -> None:
    summary = summarise_list([("A", 0, 99_900), ("A", 14, 200), ("A", 28, 400)], as_of=28)
    assert (summary.frequency[0], summary.recency[0], summary.average_value[0]) == (2, 4.0, 3.0)


def test_without_a_repeat_purchase_there_is_no_average_value() -> None:
    summary = summarise_list([("A", 0, 500)], as_of=0)
    assert (summary.frequency[0], summary.recency[0], summary.tenure[0]) == (0, 0, 0)
    assert np.isnan(summary.average_value[0])


def test_a_day_of_returns_is_no_purchase_and_lowers_the_value() -> None:
    summary = summarise_list([("A", 0, 500), ("A", 7, 900), ("A", 9, -300)], as_of=14)
    assert (summary.frequency[0], summary.recency[0], summary.average_value[0]) == (1, 1.0, 6.0)


def test_returns_lower_the_value_no_further_than_to_zero() -> None:
    assert summarise_list([("A", 0, 500), ("A", 7, 100), ("A", 9, -300)], as_of=14).average_value[0] == 0


def test_who_only_returned_is_no_customer() -> None:
    assert summarise_list([("A", 0, -500), ("B", 0, 100)], as_of=14).customer_ids == ["B"]


def test_a_free_purchase_is_a_purchase() -> None:
    assert summarise_list([("A", 0, 0), ("A", 7, 0)], as_of=14).frequency[0] == 1


def test_what_lies_after_the_observation_is_counted_apart() -> None:
    days = sum_by_day(["B", "A", "B", "B"], np.array([5, 0, 15, 16]), np.array([100, 100, 700, -200]))
    summary = summarise(days, 14, 7.0)
    purchases, spent = count_after(days, 14, summary.customer_ids)
    assert summary.frequency.tolist() == [0, 0]
    assert (purchases.tolist(), spent.tolist()) == ([0, 1], [0, 5.0])


transactions = st.tuples(st.sampled_from("ABCD"), st.integers(0, 60), st.integers(-500, 900))


@given(st.lists(transactions, min_size=1), st.randoms())
def test_the_order_of_transactions_does_not_matter(given: list[Transaction], chance: object) -> None:
    shuffled = sorted(given, key=lambda _: chance.random())  # type: ignore[attr-defined]
    one, other = summarise_list(given, 50), summarise_list(shuffled, 50)
    assert one.customer_ids == other.customer_ids
    for name in ("frequency", "recency", "tenure", "average_value"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(st.lists(transactions, min_size=1))
def test_summaries_equal_a_recount_customer_by_customer(given: list[Transaction]) -> None:
    summary = summarise_list(given, 50)
    for number, customer in enumerate(summary.customer_ids):
        totals: dict[int, int] = {}
        for who, day, cents in given:
            if who == customer and day <= 50:
                totals[day] = totals.get(day, 0) + cents
        bought = sorted(day for day, cents in totals.items() if cents >= 0)
        later = sum(cents for day, cents in totals.items() if day > bought[0])
        assert summary.frequency[number] == len(bought) - 1
        assert summary.recency[number] == (bought[-1] - bought[0]) / 7
        assert summary.tenure[number] == (50 - bought[0]) / 7
        if len(bought) > 1:
            assert summary.average_value[number] == max(later, 0) / 100 / (len(bought) - 1)
