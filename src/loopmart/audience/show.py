"""What a person sees of audiences on the command line; never a contact."""

from __future__ import annotations

from datetime import date

from rich import box
from rich.console import Console
from rich.table import Table

from loopmart.audience.definitions import load_audiences
from loopmart.audience.run import Export, export_audience, plan_export
from loopmart.settings import Settings
from loopmart.terminal import PLAIN

_ORDER = ("treatment", "holdout", "excluded")


def print_audiences(settings: Settings, console: Console) -> None:
    """Every audience with campaign, channel, hold-out, window and reason."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("audience", "campaign", "channel", "hold-out", "window", "reason"):
        table.add_column(name, overflow="fold")
    audiences = load_audiences(settings)
    for one in audiences.values():
        table.add_row(
            one.name, one.campaign_id, one.channel, f"{one.holdout_rate:.0%}", f"{one.window_days} days", one.reason
        )
    console.print(table)
    console.print(f"{len(audiences)} audiences in {settings.audiences_dir}", **PLAIN)


def print_preview(settings: Settings, console: Console, name: str, on: date | None) -> None:
    """Counts by arm and reason of exclusion.

    Raises:
        LoopmartError: as `plan_export`.
    """
    export = plan_export(settings, name, on, replay=True)
    _print_counts(console, export)
    if export.is_done:
        console.print(f"It was exported already: {export.record}", **PLAIN)


def print_export(settings: Settings, console: Console, name: str, on: date | None, *, dry_run: bool) -> None:
    """Export an audience and say what was written where, or what would be.

    Raises:
        LoopmartError: as `export_audience`.
    """
    export = export_audience(settings, name, on, dry_run=dry_run)
    if export.is_done:
        console.print(
            f"{export.export_id} was exported already, nothing is changed. Its record: {export.record}", **PLAIN
        )
        return
    _print_counts(console, export)
    if not export.count_arms()["treatment", ""]:
        console.print("Nobody may be reached, so nothing is written.", **PLAIN)
        return
    written = "Would be written" if dry_run else "Written"
    console.print(f"{written} for the tools that send, with raw contacts: {export.folder}", **PLAIN)
    console.print(f"{written} for the next night: {export.record}", **PLAIN)


def _print_counts(console: Console, export: Export) -> None:
    audience = export.audience
    console.print(f"{export.export_id}: {audience.description}", **PLAIN)
    console.print(f"campaign {audience.campaign_id}, {audience.channel}, on {export.export_date}", **PLAIN)
    counts = export.count_arms()
    for arm, reason in sorted(counts, key=lambda key: (_ORDER.index(key[0]), -counts[key], key[1])):
        console.print(f"{counts[arm, reason]:>9,}  {arm}{f': {reason}' if reason else ''}", **PLAIN)
    console.print(f"{len(export.members):,} members in all", **PLAIN)
