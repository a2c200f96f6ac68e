"""What a pull did, in words for people and in numbers for the night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from loopmart.errors import LoopmartError, RemoteUnavailable

SHOWN = 20
"""How many names of a kind are shown; the rest is counted."""


@dataclass
class PullReport:
    """One pull.

    Args:
        name: as in pulls.yaml.
        url: what was pulled from; it holds no secret.
        is_dry_run: whether nothing was fetched.
        listed: how many files fit the patterns.
        unchanged: how many of them were fetched before.
        new: names in landing; in a dry run the remote names that would be fetched.
        known_bytes: remote name, and where the same bytes lie.
        skipped: remote name and reason.
        error: what stopped it.
    """

    name: str
    url: str
    is_dry_run: bool
    listed: int = 0
    unchanged: int = 0
    new: list[str] = field(default_factory=list)
    known_bytes: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    error: LoopmartError | None = None

    def counts(self) -> dict[str, int]:
        """The numbers."""
        return {
            "listed": self.listed,
            "new": len(self.new),
            "unchanged": self.unchanged,
            "known_bytes": len(self.known_bytes),
            "skipped": len(self.skipped),
        }

    def lines(self) -> Iterator[str]:
        """The summary; names are shown as Python writes them where they hold what cannot be printed."""
        new = "to fetch" if self.is_dry_run else "new"
        yield (
            f"{self.name}: {self.listed:,} listed, {len(self.new):,} {new}, {self.unchanged:,} unchanged, "
            f"{len(self.known_bytes):,} with known bytes, {len(self.skipped):,} skipped"
            + ("; stopped by an error" if self.error else "")
        )
        yield from _show([f"  {new} {_quote(name)}" for name in self.new])
        yield from _show([f"  {_quote(name)}: the same bytes as {path}" for name, path in self.known_bytes])
        yield from _show([f"  skipped {_quote(name)}: {reason}" for name, reason in self.skipped])


def raise_failures(reports: list[PullReport]) -> None:
    """Fail if a pull has failed, after all were tried.

    Raises:
        LoopmartError: naming every pull that failed; RemoteUnavailable if trying again may help one of them.
    """
    failed = [report for report in reports if report.error]
    if not failed:
        return
    transient = any(isinstance(report.error, RemoteUnavailable) for report in failed)
    text = "\n".join(f"pull {report.name} from {report.url}: {report.error}" for report in failed)
    raise (RemoteUnavailable if transient else LoopmartError)(text)


def _show(lines: list[str]) -> Iterator[str]:
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"  … and {len(lines) - SHOWN:,} more"


def _quote(name: str) -> str:
    return name if name.isprintable() else repr(name)
