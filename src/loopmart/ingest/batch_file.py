"""A file on its way through a batch."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from loopmart.contracts.senders import Sender
from loopmart.contracts.sources import Source
from loopmart.errors import FileRefused
from loopmart.ingest.rows import DataLines
from loopmart.ledger.tables import MEMBER_MARK


@dataclass
class BatchFile:
    """A file on its way through a batch; `verdict` collects what the ledger will say of it.

    Attributes:
        period: the span that the file states of itself, if its contract knows where.
        dates: by business date (None without one): good rows and their control amount.
        is_straight: whether its rows lie in Parquet already.
        is_distinct: whether it is known that no key stands in it twice.
    """

    number: int
    arrival: dict[str, Any]
    source: Source
    sender: Sender
    content: DataLines | None = None
    period: tuple[date, date] | None = None
    dates: dict[date | None, tuple[int, Decimal | None]] = field(default_factory=dict)
    is_straight: bool = False
    is_distinct: bool = False
    verdict: dict[str, Any] = field(default_factory=dict)

    @property
    def file_id(self) -> str:
        """Identity of the file."""
        return str(self.arrival["file_id"])

    @property
    def file_name(self) -> str:
        """Its own name, without folders; in a zip that of the member."""
        return str(self.arrival["path"]).replace(MEMBER_MARK, "/").rpartition("/")[2]

    @property
    def supersedes(self) -> bool:
        """Whether it takes the place of an earlier file of its sender, source and period."""
        return self.source.period.grain != "append"

    @property
    def lines(self) -> DataLines:
        """The file's lines; only of a file that was not refused."""
        if self.content is None:
            raise RuntimeError(f"{self.arrival['path']} was refused and has no lines")
        return self.content

    @property
    def days(self) -> list[date]:
        """The business dates of its good rows, in order."""
        return sorted(day for day, (count, _) in self.dates.items() if day and count)

    @property
    def period_of_days(self) -> tuple[date | None, date | None]:
        """The span that its rows tell, where the file states none of itself."""
        grain: str | None = self.source.period.grain
        if grain == "sender":
            grain = next((due.period for due in self.sender.dues if due.source == self.source.source), None)
        if grain == "snapshot" or not self.days:
            return None, None
        first, last = self.days[0], self.days[-1]
        if grain == "month":
            first, last = first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])
        return first, last

    def is_successor(self, other: Mapping[str, Any]) -> bool:
        """Whether it takes the place of another file, or is that file read once more."""
        v = self.verdict
        same = (self.sender.sender_id, self.source.source, v["period_start"], v["period_end"])
        return (self.supersedes or self.file_id == other["file_id"]) and same == (
            other["sender_id"],
            other["source"],
            other["period_start"],
            other["period_end"],
        )

    def refuse(self, refusal: FileRefused) -> None:
        """Refuse the file as a whole; it stays in landing."""
        self.content = None
        self.verdict = {"status": "refused", "reason": refusal.reason, "remedy": refusal.remedy}

    def remark(self, sentence: str) -> None:
        """Say something of a file that is loaded all the same."""
        self.verdict["reason"] = "; ".join(filter(None, (self.verdict.get("reason"), sentence)))
