"""How a file would be read, tried out in a world of its own that is gone afterwards."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from loopmart.contracts.catalogue import Catalogue, load_catalogue
from loopmart.contracts.senders import check_sender
from loopmart.errors import LoopmartError
from loopmart.ingest.containers import read_content
from loopmart.ingest.run import discover, load_feed
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings


@dataclass(frozen=True)
class Rehearsal:
    """What became of a file, and of each member where it is a zip.

    Attributes:
        world: settings of the world in which it was read; gone after the `with` block.
        files: the ledger's rows.
    """

    world: Settings
    catalogue: Catalogue
    sender_id: str
    files: list[dict[str, Any]]

    def content(self, file: dict[str, Any]) -> bytes:
        """The bytes of a file or member, unpacked.

        Raises:
            FileRefused: it cannot be opened.
        """
        return read_content(self.world.landing_dir, file["path"])

    def loaded_rows(self, file: dict[str, Any], limit: int = 0) -> list[dict[str, Any]]:
        """The first rows that count, by field, in the order of the file; 0 for all."""
        folder = self.world.bronze_dir / file["feed"]
        return self._read(folder, file, limit)

    def quarantined_rows(self, file: dict[str, Any], limit: int = 0) -> list[dict[str, Any]]:
        """The first refused lines: _line, column_name, value, reason, remedy; 0 for all."""
        folder = self.world.quarantine_dir / file["feed"]
        return self._read(folder, file, limit)

    def _read(self, folder: Path, file: dict[str, Any], limit: int) -> list[dict[str, Any]]:
        if not any(folder.glob("batch=2*/*.parquet")):
            return []
        bound = f"limit {limit}" if limit else ""
        with duckdb.connect() as engine:
            found = engine.execute(
                f"from read_parquet('{folder}/batch=2*/*.parquet', hive_partitioning = false) "
                f"where _file_id = ? order by _line {bound}",
                [file["file_id"]],
            )
            names = [d[0] for d in found.description or []]
            return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


@contextmanager
def rehearse(settings: Settings, file: Path, sender_id: str | None = None) -> Iterator[Rehearsal]:
    """Read a file as if its sender had delivered it; nothing of the installation is touched.

    Args:
        sender_id: who would send it; any registered sender where it does not matter.

    Raises:
        LoopmartError: no such file or sender.
    """
    catalogue = load_catalogue(settings)
    if not file.is_file():
        raise LoopmartError(f"{file} is no file; give the path of an export")
    chosen = sender_id or next(iter(catalogue.senders), None)
    sender = check_sender("--sender", chosen, catalogue.senders, settings.stores_file)
    with tempfile.TemporaryDirectory(prefix="loopmart-check-") as folder:
        home = Path(folder)
        world = dataclasses.replace(settings, home=home, ledger_url=f"sqlite:///{home / 'ledger.db'}")
        (world.landing_dir / sender).mkdir(parents=True)
        shutil.copyfile(file, world.landing_dir / sender / file.name)
        for feed in discover(world):
            load_feed(world, feed)
        yield Rehearsal(world, catalogue, sender, Ledger(world.ledger_url).files())
