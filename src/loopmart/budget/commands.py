"""`loopmart budget …`: what is asked before money is spent. What answers is imported when it is asked."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from loopmart.settings import Settings
from loopmart.terminal import console

budget_app = typer.Typer(help="The next yuan: what channels return for what they cost, and a split of an amount.")

AllocatedBy = Annotated[
    str, typer.Option("--method", help="How orders are allocated, for channels where nothing was measured.")
]
CostsIn = Annotated[str | None, typer.Option("--currency", help="Only channels that cost money of this code.")]


def _read_decimal(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise typer.BadParameter(f"{text} is no number such as 50000 or 0.1") from None


@budget_app.command("suggest")
def suggest(
    amount: Annotated[Decimal, typer.Argument(parser=_read_decimal, metavar="AMOUNT", help="Such as 50000.")],
    explore: Annotated[
        Decimal, typer.Option(parser=_read_decimal, metavar="SHARE", help="Share kept to try what is not known.")
    ] = "0.1",  # type: ignore[assignment]
    margin_rate: Annotated[
        float | None, typer.Option(help="Share of net sales that is margin; else as orders with a known cost say.")
    ] = None,
    method: AllocatedBy = "last_touch",
    currency: CostsIn = None,
) -> None:
    """Split an amount among channels, one next campaign each, by what their campaigns have returned so far.

    Each yuan goes where it returns most, as long as its margin is a yuan at least; no channel gets more than a campaign
    of it ever cost, for nothing is known beyond, and what is left says so. Where effects were measured, they alone
    count; else the split says that it rests on allocation. docs/budget.md tells how.

    Examples: `loopmart budget suggest 50000`, `loopmart budget suggest 50000 --explore 0.2 --margin-rate 0.3`
    """
    from loopmart.budget.show import print_suggestion

    print_suggestion(
        Settings.load(), console, amount, explore, method=method, margin_rate=margin_rate, currency=currency
    )


@budget_app.command("response")
def response(method: AllocatedBy = "last_touch", currency: CostsIn = None) -> None:
    """What one campaign of each channel returns by what it costs, with intervals, up to the dearest one ever seen."""
    from loopmart.budget.show import print_response

    print_response(Settings.load(), console, method=method, currency=currency)
