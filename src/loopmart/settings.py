"""Where everything lies: one frozen value, read from the environment once, handed to every stage."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Paths of one installation.

    `home` holds all that a run reads and writes (LOOPMART_HOME, default `<project>/data`);
    `project_dir` holds the code that is data: contracts, dbt models, expectations (LOOPMART_PROJECT).
    """

    home: Path
    project_dir: Path
    ledger_url: str
    stores_file: Path
    token_key_file: Path

    @classmethod
    def load(cls) -> Settings:
        """Read LOOPMART_HOME, _PROJECT, _LEDGER_URL, _STORES and _TOKEN_KEY_FILE; each has a default."""
        project = Path(os.environ.get("LOOPMART_PROJECT", Path(__file__).parents[2])).resolve()
        home = Path(os.environ.get("LOOPMART_HOME", project / "data")).resolve()
        site_stores = home / "stores.csv"
        default_stores = site_stores if site_stores.exists() else project / "contracts" / "stores.csv"
        config = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config"))
        return cls(
            home=home,
            project_dir=project,
            ledger_url=os.environ.get("LOOPMART_LEDGER_URL", f"sqlite:///{home / 'ledger.db'}"),
            stores_file=Path(os.environ.get("LOOPMART_STORES", default_stores)),
            token_key_file=Path(os.environ.get("LOOPMART_TOKEN_KEY_FILE", config / "loopmart" / "token.key")),
        )

    @property
    def contracts_dir(self) -> Path:
        """Feeds and sources: what may arrive."""
        return self.project_dir / "contracts"

    @property
    def pulls_file(self) -> Path:
        """From which servers files are fetched; the installation's own, else the one among the contracts."""
        own = self.home / "pulls.yaml"
        return own if own.exists() else self.contracts_dir / "pulls.yaml"

    @property
    def hierarchy_file(self) -> Path:
        """Where stores belong; the installation's own, else the one beside stores.csv. It may be absent."""
        own = self.home / "store_hierarchy.csv"
        return own if own.exists() else self.stores_file.with_name("store_hierarchy.csv")

    @property
    def dbt_project_dir(self) -> Path:
        """The dbt project: how rows become marts."""
        return self.project_dir / "dbt_project"

    @property
    def expectations_dir(self) -> Path:
        """The suites of the three gates."""
        return self.project_dir / "expectations"

    @property
    def landing_dir(self) -> Path:
        """Files as they came, one folder a sender; a load never changes or deletes one."""
        return self.home / "landing"

    @property
    def lake_dir(self) -> Path:
        """Parquet that any engine reads."""
        return self.home / "lake"

    @property
    def bronze_dir(self) -> Path:
        """Typed rows, each with its file and line."""
        return self.lake_dir / "bronze"

    @property
    def quarantine_dir(self) -> Path:
        """Rows refused, each with file, line, reason and remedy."""
        return self.lake_dir / "quarantine"

    @property
    def manifest_dir(self) -> Path:
        """What counts: the ledger's view of the lake, as Parquet."""
        return self.lake_dir / "manifest"

    @property
    def identity_decisions_file(self) -> Path:
        """What people have decided of members: vetoes, links and splits; it may be absent."""
        return self.home / "identity_decisions.csv"

    @property
    def audiences_dir(self) -> Path:
        """Whom to reach again, one YAML an audience; the installation's own, else those of the project."""
        own = self.home / "audiences"
        return own if own.exists() else self.project_dir / "audiences"

    @property
    def exports_dir(self) -> Path:
        """What is handed to the tools that send, one folder an export; it holds raw contacts."""
        return self.home / "exports"

    @property
    def warehouse_path(self) -> Path:
        """The DuckDB file that only dbt writes and no BI tool opens."""
        return self.home / "warehouse" / "loopmart.duckdb"

    @property
    def serving_dir(self) -> Path:
        """What is published: versions, and the link to the one that is current."""
        return self.home / "serving"

    @property
    def locks_dir(self) -> Path:
        """Lock files; a lock ends with the process that holds it."""
        return self.home / "locks"
