"""PathData: 10,000 aggregated paths over 12 channels, as the package ChannelAttribution publishes it.

The package is GPL-3: its source distribution is downloaded into the user's cache, checked, read, and never part of the
project.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import tarfile
import urllib.request
from fractions import Fraction
from pathlib import Path as FilePath

from loopmart.attribution.paths import Path, list_campaigns

NAME = "channelattribution-2.2.5.tar.gz"
URL = (
    f"https://files.pythonhosted.org/packages/01/cd/b932c79f1ad709b8016a4bc509f0dff06a8f1c053fdc87d7fb5d0eeabcd2/{NAME}"
)
SHA256 = "01c597dabdcd436e358a6c05a191151db2eaabf7c12a6875fb3a087dcf609448"


def read_path_data() -> list[Path]:
    """The paths, one each, in the order of the file."""
    with tarfile.open(fileobj=io.BytesIO(_fetch())) as package:
        member = package.extractfile(f"{NAME.removesuffix('.tar.gz')}/src/cypack/data/Data.csv")
        assert member is not None
        lines = csv.DictReader(io.TextIOWrapper(member, encoding="utf-8"), delimiter=";")
        return [
            Path(tuple(line["path"].split(" > ")), int(line["total_conversions"]), int(line["total_null"]))
            for line in lines
        ]


def eliminate(paths: list[Path], removed: str | None) -> Fraction:
    """Chance to convert, in fractions: states are taken out of the graph one by one, their flow passed on."""
    flow: dict[tuple[str, str], int] = {}
    for path in paths:
        ends = {"yes": path.conversions, "no": path.nulls}
        walk = ["start", *path.campaigns]
        for end, times in ends.items():
            for step in zip(walk, [*path.campaigns, end], strict=True):
                flow[step] = flow.get(step, 0) + times
    states = list_campaigns(paths)
    chance: dict[str, dict[str, Fraction]] = {}
    for here in ["start", *states]:
        out = {there: times for (source, there), times in flow.items() if source == here and times}
        chance[here] = {there: Fraction(times, sum(out.values())) for there, times in out.items()}
    if removed:
        chance[removed] = {"no": Fraction(1)}
    for state in states:
        steps = chance.pop(state)
        stays = steps.pop(state, Fraction(0))
        for out in chance.values():
            comes = out.pop(state, Fraction(0))
            for there, part in steps.items():
                out[there] = out.get(there, Fraction(0)) + comes * part / (1 - stays)
    return chance["start"].get("yes", Fraction(0))


def _fetch() -> bytes:
    kept = FilePath(os.environ.get("XDG_CACHE_HOME", FilePath.home() / ".cache")) / "loopmart-tests" / NAME
    if not kept.exists():
        with urllib.request.urlopen(URL, timeout=60) as answer:
            content = answer.read()
        kept.parent.mkdir(parents=True, exist_ok=True)
        aside = kept.with_suffix(f".{os.getpid()}")
        aside.write_bytes(content)
        aside.replace(kept)
    content = kept.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{kept} is not {NAME}: remove it"
    return content
