"""The job of the ingest benchmark as other tools do it: files of till lines to typed Parquet, nothing checked.

    python scripts/bench_others.py pandas HOME       this project's environment
    .make/bench/bin/python scripts/bench_others.py dlt-arrow HOME
    .make/bench/bin/python scripts/bench_others.py dlt-rows HOME

HOME is a folder with `landing/<store>/<file>.csv`, as scripts/bench_ingest.py makes it.
"""

from __future__ import annotations

import sys
from pathlib import Path

AMOUNTS = ("quantity", "gross_amount", "loyalty_discount", "coupon_match", "manufacturer_coupon", "net_amount")
TEXTS = ("store_code", "receipt_no", "product_code", "currency", "card_no")


def run_pandas(home: Path) -> None:
    """A data frame a file, amounts as floats, times parsed, written as Parquet."""
    import pandas as pd

    out = home / "pandas"
    out.mkdir()
    for number, path in enumerate(sorted((home / "landing").rglob("*.csv"))):
        frame = pd.read_csv(
            path, skiprows=1, dtype=dict.fromkeys(TEXTS, "string") | dict.fromkeys(AMOUNTS, "float64"),
            parse_dates=["sold_at"], date_format="%Y-%m-%d %H:%M:%S",
        )  # fmt: skip
        frame["business_date"] = frame["sold_at"].dt.date
        frame["file"] = str(path)
        frame["line"] = range(3, len(frame) + 3)
        frame.to_parquet(out / f"{number}.parquet", compression="zstd", index=False)


def run_dlt(home: Path, *, by_arrow: bool) -> None:
    """A pipeline from the file system to Parquet: through DuckDB and Arrow, or row by row, which is its default."""
    import dlt
    from dlt.sources.filesystem import filesystem, read_csv, read_csv_duckdb

    out = home / ("dlt-arrow" if by_arrow else "dlt-rows")
    files = filesystem(bucket_url=(home / "landing").as_uri(), file_glob="*/*.csv")
    reader = read_csv_duckdb(use_pyarrow=True, chunk_size=100_000, skiprows=1) if by_arrow else read_csv(skiprows=1)
    pipeline = dlt.pipeline(
        "lines", destination=dlt.destinations.filesystem((out / "lake").as_uri()), dataset_name="bronze",
        pipelines_dir=str(out / "state"),
    )  # fmt: skip
    pipeline.run((files | reader).with_name("lines"), loader_file_format="parquet")


def main() -> None:
    """Run one tool."""
    tool, home = sys.argv[1], Path(sys.argv[2])
    if tool == "pandas":
        run_pandas(home)
    else:
        run_dlt(home, by_arrow=tool == "dlt-arrow")


if __name__ == "__main__":
    main()
