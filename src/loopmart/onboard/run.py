"""`loopmart source new`: look at samples, propose a contract, try it out, and write it where a person says so."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from rich.console import Console

from loopmart.contracts.catalogue import Catalogue, load_catalogue
from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.parse import parse_contract
from loopmart.contracts.sources import Source
from loopmart.errors import FileRefused, LoopmartError
from loopmart.ingest.recognise import recognise
from loopmart.onboard import preview
from loopmart.onboard.contract_text import write_contract
from loopmart.onboard.draft import Choices, Draft
from loopmart.onboard.golden_case import case_folder, write_bill, write_expected
from loopmart.onboard.proposal import NAME, propose
from loopmart.onboard.samples import Table, read_sample
from loopmart.rehearse import Rehearsal, rehearse
from loopmart.settings import Settings

CASE_SENDER = "S00101"
"""The store in whose name golden cases are read."""


def new_source(
    settings: Settings,
    console: Console,
    samples: Sequence[Path],
    choices: Choices,
    *,
    feed: str | None = None,
    name: str | None = None,
    sender: str | None = None,
    write: bool = False,
) -> None:
    """Propose a contract for samples of one export, and show what is sure, unsure, and left to a person.

    Raises:
        LoopmartError: a sample cannot be read, a choice names what does not exist, or `write` was asked for while a
            required field is open or the contract or its golden case exists already.
    """
    catalogue = load_catalogue(settings)
    if sender is not None and sender not in catalogue.senders:
        raise LoopmartError(f"{sender!r} is none of the senders in {settings.stores_file}")
    if name is not None and not NAME.fullmatch(name):
        raise LoopmartError(f"--name {name}: a contract's name has small letters, digits and _ only")
    tables = [table for path in samples for table in read_sample(path)]
    known = next(filter(None, (find_known(table, catalogue) for table in tables)), None)
    if known:
        console.print(known, highlight=False, markup=False, soft_wrap=True)
        return
    draft = propose(tables, catalogue, choices, feed, name)
    text = write_contract(draft)
    preview.print_notes(console, draft)
    preview.print_contract(console, text)
    if draft.open_fields:
        preview.print_cells(console, draft)
        if write:
            raise LoopmartError(
                f"nothing is written while required fields are open: {', '.join(dict.fromkeys(draft.open_fields))}. "
                "Say --map 'column=field', --constant 'field=value' or --format 'field=%Y-%m-%d'"
            )
        return
    with try_out(settings, draft.name, text) as trial:
        for path in samples:
            with rehearse(trial, path, sender or choose_sender(draft, catalogue)) as rehearsal:
                preview.print_rehearsal(console, draft, rehearsal)
        if write:
            _write(settings, console, trial, draft, text)


def read_choices(columns: Sequence[str], constants: Sequence[str], formats: Sequence[str], unit: str | None) -> Choices:
    """Choices from the command line, each `name=value`.

    Raises:
        LoopmartError: one is no pair, or the unit is neither yuan nor fen.
    """

    def pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
        found = {}
        for text in texts:
            name, mark, value = (text.rpartition if option == "--map" else text.partition)("=")
            if not (name and mark and value):
                raise LoopmartError(f"{option} {text!r}: write it as 'name=value'")
            found[name] = value
        return found

    if unit not in (None, "yuan", "fen"):
        raise LoopmartError(f"--unit {unit}: yuan or fen")
    told: Literal["yuan", "fen"] | None = "fen" if unit == "fen" else "yuan" if unit else None
    return Choices(pairs("--map", columns), pairs("--constant", constants), pairs("--format", formats), told)


def find_known(table: Table, catalogue: Catalogue) -> str | None:
    """A sentence on the contract that knows a sample already; None for a new export."""
    try:
        found = recognise(table.content, catalogue.sources.values())
    except FileRefused as refusal:
        if refusal.reason.startswith("two contracts"):
            return f"{table.name}: {refusal}"
        return None
    return (
        f"{table.name} is known: its line {found.header_line} is the header of contracts/sources/"
        f"{found.source.source}.yaml (feed {found.source.feed or 'none'}). Nothing to propose; "
        f"`loopmart source check` shows how it is read"
    )


def choose_sender(draft: Draft, catalogue: Catalogue) -> str | None:
    """Who would send a sample: the store that its lines name, else the first store of stores.csv."""
    column = draft.mapping.column("store_id")
    named = [value for value in (column.values if column else []) if value in catalogue.senders]
    stores = [s.sender_id for s in catalogue.senders.values() if s.kind == "store"]
    return next(iter([*named, *stores, *catalogue.senders]), None)


@contextmanager
def try_out(settings: Settings, name: str, text: str) -> Iterator[Settings]:
    """Settings of a copy of the contracts that holds one more.

    Raises:
        ContractError: the text is no valid contract.
    """
    with tempfile.TemporaryDirectory(prefix="loopmart-new-") as folder:
        project = Path(folder)
        shutil.copytree(settings.contracts_dir, project / "contracts")
        path = project / "contracts" / "sources" / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        source = parse_contract(Source, path)
        source.check_against(load_feeds(project / "contracts")[source.feed])
        yield dataclasses.replace(settings, project_dir=project)


def _write(settings: Settings, console: Console, trial: Settings, draft: Draft, text: str) -> None:
    contract = settings.contracts_dir / "sources" / f"{draft.name}.yaml"
    folder = case_folder(settings.project_dir, draft.name)
    for path in (contract, folder):
        if path.exists():
            raise LoopmartError(f"{path} exists and is not overwritten; take another --name, or delete it first")
    file_name, bill = write_bill(draft)
    with tempfile.TemporaryDirectory(prefix="loopmart-case-") as aside:
        sample = Path(aside) / file_name
        sample.write_text(bill, encoding="utf-8")
        world = dataclasses.replace(trial, stores_file=trial.contracts_dir / "stores.csv")
        with rehearse(world, sample, CASE_SENDER) as rehearsal:
            expected = _expect(draft, rehearsal)
    contract.write_text(text, encoding="utf-8")
    folder.mkdir(parents=True)
    (folder / file_name).write_text(bill, encoding="utf-8")
    (folder / "expected.json").write_text(expected, encoding="utf-8")
    preview.print_written(console, contract, folder, file_name)


def _expect(draft: Draft, rehearsal: Rehearsal) -> str:
    (file,) = rehearsal.files
    if file["status"] != "loaded":
        raise LoopmartError(
            f"the sample with invented people is {file['status']} ({file['reason']}), so no golden case and no "
            "contract is written; write the contract from the YAML above by hand"
        )
    return write_expected(draft, file, rehearsal.loaded_rows(file))
