"""How one DAG hands its work to the next: three assets, and what their events say.

The extra of an event holds `runs`, the run ids whose work it covers, and `options`, what they were asked for.
When events queue up behind a running build they become one run, which covers all of them.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, get_current_context

from support.options import as_arguments, merge_options, pick_options

LAKE = Asset("loopmart://lake")
WAREHOUSE = Asset("loopmart://warehouse")
PUBLISHED = Asset("loopmart://published")


def read_build_options() -> dict[str, Any]:
    """What this build was asked for: from_date, to_date, full_refresh."""
    return as_arguments(_options())


def hand_on(asset: Asset) -> None:
    """Let the event of `asset` say which runs it covers and what they were asked for."""
    context = get_current_context()
    covered = {run for extra in _extras() for run in extra.get("runs", [])} | {context["run_id"]}
    context["outlet_events"][asset].extra = {"runs": sorted(covered), "options": _options()}


def _options() -> dict[str, Any]:
    """From the events that triggered this run, or else from its form."""
    asked = [extra["options"] for extra in _extras() if "options" in extra]
    return merge_options(asked) if asked else pick_options(get_current_context()["params"])


def _extras() -> list[dict[str, Any]]:
    events = get_current_context()["triggering_asset_events"]
    return [event.extra for asset in events for event in events[asset]]
