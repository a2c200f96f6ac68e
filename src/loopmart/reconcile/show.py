"""The command that writes worksheets, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from loopmart.reconcile.worksheet import UNMAPPED, Language, write_worksheets
from loopmart.settings import Settings
from loopmart.terminal import PLAIN


def print_worksheets(
    settings: Settings, console: Console, stores: Sequence[str], folder: Path, language: Language
) -> None:
    """Write the worksheets and say of each where it lies, what is in it, and where to drop it when it is filled.

    Raises:
        LoopmartError: as `write_worksheets` does.
    """
    written = write_worksheets(settings, stores, folder, language)
    for sheet in written:
        sums = ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(sheet.differences.items()))
        sender = "chain" if sheet.store_id == UNMAPPED else sheet.store_id
        console.print(f"{sheet.path}: {sheet.break_count:,} open breaks, till less bill {sums}", **PLAIN)
        console.print(f"  when it is filled, drop it into {settings.landing_dir / sender}", **PLAIN)
    if not written:
        console.print("no open breaks: nothing to decide" + (f" for {', '.join(stores)}" if stores else ""), **PLAIN)
