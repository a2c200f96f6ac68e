"""All contracts of one installation, read and checked against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loopmart.contracts.feeds import Feed, load_feeds
from loopmart.contracts.hierarchy import Place, load_hierarchy
from loopmart.contracts.senders import Sender, load_senders
from loopmart.contracts.sources import Source, load_sources
from loopmart.settings import Settings


@dataclass(frozen=True)
class Catalogue:
    """Feeds, sources and senders by name, and where stores belong."""

    feeds: dict[str, Feed]
    sources: dict[str, Source]
    senders: dict[str, Sender]
    places: Sequence[Place] = ()


def load_catalogue(settings: Settings) -> Catalogue:
    """Read every contract; nothing else moves before this has passed.

    Raises:
        ContractError: a contract is wrong; the message names file and place.
    """
    feeds = load_feeds(settings.contracts_dir)
    sources = load_sources(settings.contracts_dir, feeds)
    senders = load_senders(settings.stores_file, sources)
    stores = {sender.sender_id for sender in senders.values() if sender.kind == "store"}
    return Catalogue(feeds, sources, senders, load_hierarchy(settings.hierarchy_file, stores))
