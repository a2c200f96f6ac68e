"""Models as dbt compiles them, for tests that run them on tables of their own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from loopmart.settings import Settings
from loopmart.transform.dbt import compile_models


class Models(dict[str, str]):
    """The SQL of models by name; too long to be shown with a failing example."""

    def take(self, names: Iterable[str]) -> Models:
        """Some of them, in the order of the names."""
        return Models({name: self[name] for name in names})

    def __repr__(self) -> str:
        return "the compiled models"


def compile_in(home: Path, models: Iterable[str]) -> Models:
    """Compile models for a world; what is built there already is compiled as an increment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOPMART_HOME", str(home))
        return Models(compile_models(Settings.load(), models))
