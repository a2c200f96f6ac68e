"""Customers to fit: the published CDNOW data, and simulated ones whose parameters are known."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pandas as pd

from loopmart.value.summaries import Days, Summaries, sum_by_day, summarise

PURCHASING = (0.8, 6.0, 0.7, 4.0)  # r, alpha (weeks), a, b
SPENDING = (4.0, 3.5, 20.0)  # p, q, v
CDNOW_END = (pd.Timestamp("1997-09-30") - pd.Timestamp("1970-01-01")).days


def locate_cdnow(name: str) -> Path:
    """A data file of the package `lifetimes`, whose code is not imported."""
    return Path(str(distribution("lifetimes").locate_file(f"lifetimes/datasets/{name}")))


def load_cdnow() -> Days:
    """The transaction log: a tenth of the 23,570 customers who first bought at CDNOW in early 1997."""
    columns = ["master_id", "customer_id", "day", "quantity", "amount"]
    log = pd.read_csv(locate_cdnow("CDNOW_sample.txt"), sep=r"\s+", names=columns, dtype=str)
    days = (pd.to_datetime(log["day"], format="%Y%m%d") - pd.Timestamp("1970-01-01")).dt.days
    cents = (log["amount"].astype(float) * 100).round().astype(np.int64)
    return sum_by_day(log["customer_id"].tolist(), days.to_numpy(np.int64), cents.to_numpy())


def summarise_cdnow() -> Summaries:
    """As published: weeks, up to the end of September 1997."""
    return summarise(load_cdnow(), CDNOW_END, 7.0)


def simulate_days(size: int, weeks: int, seed: int, arrivals: float = 0.3) -> Days:
    """Customers of a BG/NBD and Gamma-Gamma world, by day; the first purchases lie in the first part of the weeks."""
    generator = np.random.default_rng(seed)
    r, alpha, a, b = PURCHASING
    p, q, v = SPENDING
    ids, days, cents = [], [], []
    for number in range(size):
        rate, leaving = generator.gamma(r) / alpha, generator.beta(a, b)
        level = generator.gamma(q) / v
        at, alive = generator.uniform(0, weeks * arrivals), True
        while alive and at < weeks:
            ids.append(f"C{number:05}")
            days.append(int(at * 7))
            cents.append(max(1, round(100 * generator.gamma(p) / level)))
            alive = len(ids) < 2 or ids[-2] != ids[-1] or generator.random() >= leaving
            at += generator.exponential(1 / rate)
    return sum_by_day(ids, np.array(days), np.array(cents))
