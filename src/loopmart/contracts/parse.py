"""Reading a contract file, with errors that name the file and the place in it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from loopmart.errors import ContractError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same rules in C where libyaml is there: some hundred contracts are read by every stage, and parsed once."""

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_contract(model: type[Model], path: Path) -> Model:
    """Parse one YAML file into `model`.

    Raises:
        ContractError: with the file, the place in it and what is wrong there.
    """
    try:
        return cast(Model, _parse(model, path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(str(part) for part in e['loc']) or 'top level'}: {e['msg']}" for e in error.errors()
        )
        raise ContractError(f"{path}: {places}") from error


@cache
def _parse(model: type[BaseModel], text: str) -> BaseModel:
    return model.model_validate(load_yaml(text))


def load_yaml(text: str) -> Any:
    """What a YAML text holds."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  a safe loader in either form
