"""Readers of the published file see whole versions only, and no error, while others are published."""

from __future__ import annotations

import threading
from decimal import Decimal

import duckdb
import pytest

from loopmart.publish.run import VERSIONS_KEPT, current_version, list_versions, publish, rollback
from loopmart.settings import Settings

pytestmark = pytest.mark.integration


def test_a_query_loop_during_publication_sees_whole_versions(night: Settings) -> None:
    stop = threading.Event()
    seen: set[str] = set()
    errors: list[Exception] = []

    def read() -> None:
        while not stop.wait(0.01):
            try:
                with duckdb.connect(str(night.serving_dir / "marts.duckdb"), read_only=True) as reader:
                    (version,) = reader.execute("select version from ops.publication").fetchone()
                    sums = reader.execute(
                        "select (select sum(net_sales_amount) from marts.orders), "
                        "(select sum(net_sales_amount) from marts.order_items)"
                    ).fetchone()
                assert sums == (Decimal("483.40"), Decimal("483.40"))
                seen.add(version)
            except Exception as error:
                errors.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    versions = [publish(night) for _ in range(3)]
    rollback(night)
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert seen & set(versions)
    assert current_version(night) == versions[-2]


def test_old_versions_are_pruned_and_the_current_one_is_kept(night: Settings) -> None:
    for _ in range(VERSIONS_KEPT + 1):
        publish(night)
    assert len(list_versions(night)) == VERSIONS_KEPT
    assert current_version(night) in list_versions(night)
    assert not list((night.serving_dir / "versions").glob(".aside-*"))
