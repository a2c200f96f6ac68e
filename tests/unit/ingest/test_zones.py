from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from loopmart.ingest.zones import FIRST_YEAR, to_local, to_utc

ZONES = [
    "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Apia", "America/St_Johns", "America/Sao_Paulo", "UTC",
]  # fmt: skip


def make_moments(zone: str) -> list[datetime]:
    """Random ones from years within and beyond those that are written out, and many around each change of the clock."""
    chance = random.Random(zone)
    first = datetime(FIRST_YEAR - 5, 1, 1)
    moments = [first + timedelta(seconds=chance.randrange(45 * 365 * 86400)) for _ in range(3000)]
    clock = ZoneInfo(zone)
    offset = None
    for hour in range(0, 45 * 365 * 24, 6):
        moment = first + timedelta(hours=hour)
        now = moment.replace(tzinfo=UTC).astimezone(clock).utcoffset()
        if offset is not None and now != offset:
            moments += [moment + timedelta(minutes=m) for m in range(-16 * 60, 16 * 60, 15)]
            moments += [moment + timedelta(seconds=chance.randrange(-57600, 57600)) for _ in range(30)]
        offset = now
    return moments


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("way", ["to_utc", "to_local"])
def test_times_are_those_of_the_engine_on_every_day(zone: str, way: str) -> None:
    write, known = {
        "to_utc": (to_utc, f"timezone('UTC', timezone('{zone}', moment))"),
        "to_local": (to_local, f"timezone('{zone}', timezone('UTC', moment))"),
    }[way]
    engine = duckdb.connect()
    engine.register("moments", pa.table({"moment": pa.array(make_moments(zone), pa.timestamp("us"))}))
    different = f"select moment, {write('moment', zone)} as ours, {known} as known from moments"
    assert engine.execute(f"from ({different}) where ours is distinct from known order by 1").fetchall() == []
