"""Feeds: the canonical record of each kind, read from Open Data Contract Standard v3 files.

Format: https://bitol-io.github.io/open-data-contract-standard/v3.1.0/. Only the keys that Loopmart acts
on are accepted here; a key that nothing would obey is refused instead of ignored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, model_validator

from loopmart.contracts.parse import Strict, parse_contract
from loopmart.errors import ContractError

EARLIEST_DATE: Final = "2000-01-01"
PhysicalType = Literal["varchar", "int", "bigint", "date", "timestamp", "decimal(18,2)", "decimal(18,3)"]


class CustomProperty(Strict):
    """One of ODCS's free properties: tokenOf, controlAmount, businessDate."""

    property: Literal["tokenOf", "controlAmount", "businessDate"]
    value: str


class TypeOptions(Strict):
    """Bounds and pattern of a value."""

    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None


class ValueRule(Strict):
    """A field whose values come from a closed list."""

    name: str
    metric: Literal["invalidValues"]
    arguments: dict[Literal["validValues"], list[str]]
    mustBe: Literal[0]  # noqa: N815  the standard's spelling


class RowRule(Strict):
    """A rule over the fields of one row, as a boolean SQL expression; a row that breaks it is quarantined."""

    name: str
    type: Literal["custom"]
    engine: Literal["loopmart"]
    description: str
    implementation: str


class Property(Strict):
    """One field of a feed."""

    name: str
    logicalType: Literal["string", "integer", "number", "date", "timestamp"]  # noqa: N815
    physicalType: PhysicalType  # noqa: N815
    description: str
    required: bool = False
    primaryKey: bool = False  # noqa: N815
    primaryKeyPosition: int | None = None  # noqa: N815
    classification: Literal["personal"] | None = None
    logicalTypeOptions: TypeOptions = TypeOptions()  # noqa: N815
    quality: list[ValueRule] = []
    customProperties: list[CustomProperty] = []  # noqa: N815

    @property
    def token_of(self) -> str | None:
        """The identifier type that this field holds a token of, such as `vip_card`; None for plain data."""
        return next((p.value for p in self.customProperties if p.property == "tokenOf"), None)

    @property
    def allowed_values(self) -> list[str]:
        """The closed list of values, empty where any value goes."""
        return [value for rule in self.quality for value in rule.arguments["validValues"]]


class _Table(Strict):
    name: str
    physicalType: Literal["table"]  # noqa: N815
    description: str
    properties: list[Property]
    quality: list[RowRule] = []
    customProperties: list[CustomProperty] = []  # noqa: N815


class Feed(Strict):
    """A feed contract: fields with types, key, personal fields, rules."""

    apiVersion: Literal["v3.1.0"]  # noqa: N815
    kind: Literal["DataContract"]
    id: str
    title: str = Field(alias="name")
    version: str
    status: Literal["active", "draft", "deprecated"]
    domain: str
    description: dict[Literal["purpose", "usage", "limitations"], str]
    tables: list[_Table] = Field(alias="schema", min_length=1, max_length=1)

    @property
    def name(self) -> str:
        """The feed's name, which is also its folder in the lake."""
        return self.tables[0].name

    @property
    def grain(self) -> str:
        """What one row stands for."""
        return self.tables[0].description

    @property
    def fields(self) -> list[Property]:
        """The fields in the order in which the lake keeps them."""
        return self.tables[0].properties

    @property
    def row_rules(self) -> list[RowRule]:
        """Rules over one row."""
        return self.tables[0].quality

    @property
    def key(self) -> list[str]:
        """Names of the key fields in key order."""
        keyed = [f for f in self.fields if f.primaryKey]
        return [f.name for f in sorted(keyed, key=lambda f: f.primaryKeyPosition or 0)]

    @property
    def control_amount(self) -> str | None:
        """The money field that control totals are taken over; None for feeds without money."""
        return self._custom("controlAmount")

    @property
    def tells_stores(self) -> bool:
        """Whether each row names its store, so that a file of the head office may hold rows of any store."""
        return any(f.name == "store_id" for f in self.fields)

    @property
    def business_date(self) -> str | None:
        """The date field by which a feed's rows are partitioned; None for lists that are whole snapshots."""
        return self._custom("businessDate")

    def _custom(self, name: str) -> str | None:
        return next((p.value for p in self.tables[0].customProperties if p.property == name), None)

    @model_validator(mode="after")
    def _names_only_its_own_fields(self) -> Feed:
        names = [f.name for f in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("a field is named twice")
        if not self.key:
            raise ValueError("no field is marked primaryKey")
        for special in (self.control_amount, self.business_date):
            if special and special not in names:
                raise ValueError(f"customProperties name {special}, which is no field")
        return self


def bound_date(name: str, physical_type: str, business_date: str | None) -> tuple[str, str]:
    """When a date is implausible, as SQL, and where it has to lie instead, in words.

    A time and a business date end tomorrow, for clocks go wrong; other dates, such as the end of a campaign, may well
    lie ahead.
    """
    too_early = f"{name} < date '{EARLIEST_DATE}'"
    if physical_type == "date" and name != business_date:
        return too_early, "after the year 2000"
    too_late = f"{name} > make_timestamp(epoch_us(now())) + interval 1 day"
    return f"{too_early} or {too_late}", "between the year 2000 and tomorrow"


def load_feeds(contracts_dir: Path) -> dict[str, Feed]:
    """Read every feed of `contracts/feeds`, by name.

    Raises:
        ContractError: a file is no valid contract, or its name differs from the feed's.
    """
    feeds: dict[str, Feed] = {}
    for path in sorted((contracts_dir / "feeds").glob("*.odcs.yaml")):
        feed = parse_contract(Feed, path)
        if path.name != f"{feed.name}.odcs.yaml":
            raise ContractError(f"{path}: holds the feed {feed.name}; name the file {feed.name}.odcs.yaml")
        feeds[feed.name] = feed
    if not feeds:
        raise ContractError(f"{contracts_dir / 'feeds'}: no feed contract (*.odcs.yaml) found")
    return feeds
