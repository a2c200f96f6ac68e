"""Samples built in a test, and what is proposed for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from loopmart.contracts.catalogue import Catalogue, load_catalogue
from loopmart.contracts.sources import Source
from loopmart.onboard.contract_text import write_contract
from loopmart.onboard.draft import Choices, Draft
from loopmart.onboard.proposal import propose
from loopmart.onboard.samples import read_sample
from loopmart.settings import Settings

Proposer = Callable[..., Draft]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(Settings.load())


@pytest.fixture
def propose_for(tmp_path: Path, catalogue: Catalogue) -> Proposer:
    """Proposes for one or more texts (or bytes), each a sample of its own."""

    def build(
        *contents: str | bytes, file: str = "export.csv", feed: str | None = None, choices: Choices | None = None
    ) -> Draft:
        tables = []
        for number, content in enumerate(contents):
            path = tmp_path / str(number) / file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            tables += read_sample(path)
        return propose(tables, catalogue, choices or Choices(), feed)

    return build


def load_contract(draft: Draft, catalogue: Catalogue) -> Source:
    """The contract that the YAML of a draft is, checked against its feed."""
    source = Source.model_validate(yaml.safe_load(write_contract(draft)))
    source.check_against(catalogue.feeds[source.feed])
    return source


def notes_on(draft: Draft, about: str, level: str | None = None) -> str:
    """What the draft says on a subject."""
    return "\n".join(n.text for n in draft.notes if n.about == about and level in (None, n.level))
