"""From dated amounts to what the value models know of a customer: frequency, recency, tenure and average value.

Definitions: Fader and Hardie, "Creating an RFM Summary Using Excel" (2008), brucehardie.com/notes/022. A purchase is a
day with an order: several orders of a day are one, a free one counts, a day on which more is returned than bought is
none. The first purchase is no repeat purchase.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Days:
    """Net sales by customer and day, one row each.

    Attributes:
        customer_ids: the customers, sorted; those of `customers` are positions in it.
        customers: position of the customer, by row.
        days: day number (any epoch), by row.
        cents: net sales of the day, by row; negative where more is returned than bought.
    """

    customer_ids: list[str]
    customers: Ints
    days: Ints
    cents: Ints


@dataclass(frozen=True)
class Summaries:
    """One entry per customer with a purchase; times in units.

    Attributes:
        customer_ids: sorted.
        frequency: repeat purchases (x), whole numbers.
        recency: time from the first to the last purchase (t_x); 0 without a repeat purchase.
        tenure: time from the first purchase to the end of the observation (T).
        average_value: net sales after the first purchase by repeat purchase, in currency; returns of later days lower
            it, down to 0. NaN without a repeat purchase.
    """

    customer_ids: list[str]
    frequency: Floats
    recency: Floats
    tenure: Floats
    average_value: Floats

    def __len__(self) -> int:
        """How many customers."""
        return len(self.customer_ids)

    def __getitem__(self, part: slice) -> Summaries:
        """Some of the customers."""
        arrays = (self.frequency, self.recency, self.tenure, self.average_value)
        return Summaries(self.customer_ids[part], *(array[part] for array in arrays))


def sum_by_day(customer_ids: Sequence[str], days: Ints, cents: Ints) -> Days:
    """Add up transactions, given in any order, by customer and day."""
    codes, labels = pd.factorize(np.asarray(customer_ids, dtype=object), sort=True)
    frame = pd.DataFrame({"customer": codes.astype(np.int64), "day": days, "cents": cents})
    summed = frame.groupby(["customer", "day"], sort=True, as_index=False)["cents"].sum()
    return Days(
        [str(label) for label in labels],
        summed["customer"].to_numpy(np.int64),
        summed["day"].to_numpy(np.int64),
        summed["cents"].to_numpy(np.int64),
    )


def summarise(purchases: Days, as_of: int, unit_days: float) -> Summaries:
    """What is known of each customer at the end of day `as_of`.

    Args:
        purchases: all days; later ones are not looked at.
        as_of: last day of the observation.
        unit_days: length of the unit of time, in days.
    """
    seen = purchases.days <= as_of
    customers, days, cents = purchases.customers[seen], purchases.days[seen], purchases.cents[seen]
    bought = cents >= 0
    size = len(purchases.customer_ids)
    count = np.bincount(customers[bought], minlength=size)
    first = np.full(size, as_of, dtype=np.int64)
    last = np.full(size, np.iinfo(np.int64).min, dtype=np.int64)
    np.minimum.at(first, customers[bought], days[bought])
    np.maximum.at(last, customers[bought], days[bought])
    later = days > first[customers]
    spent = np.bincount(customers[later], weights=cents[later].astype(np.float64), minlength=size) / 100
    known = np.flatnonzero(count > 0)
    frequency = (count[known] - 1).astype(np.float64)
    average = np.full(len(known), np.nan)
    np.divide(np.maximum(spent[known], 0), frequency, out=average, where=frequency > 0)
    return Summaries(
        [purchases.customer_ids[i] for i in known],
        frequency,
        (last[known] - first[known]) / unit_days,
        (as_of - first[known]) / unit_days,
        average,
    )


def count_after(purchases: Days, as_of: int, customer_ids: list[str]) -> tuple[Floats, Floats]:
    """Purchases and net sales (currency) on the days after `as_of`, one each for these customers, in their order."""
    after = purchases.days > as_of
    customers, cents = purchases.customers[after], purchases.cents[after]
    size = len(purchases.customer_ids)
    count = np.bincount(customers[cents >= 0], minlength=size).astype(np.float64)
    spent = np.bincount(customers, weights=cents.astype(np.float64), minlength=size) / 100
    wanted = np.searchsorted(np.asarray(purchases.customer_ids, dtype=object), np.asarray(customer_ids, dtype=object))
    return count[wanted], spent[wanted]
