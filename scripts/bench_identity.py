"""How far identity is from a bare script, as a ratio inside one run: full on ten million edges, then a night's change.

    python scripts/bench_identity.py --edges 10000000

The bare script reads two columns of tokens from Parquet, factorises them with pandas, finds components with scipy and
writes token and component to Parquet. Ours reads every column of the evidence, caps, dates, founds and names members,
keeps their history, and writes all of it. Components are of 2 to 6 identifiers, with chains of 30 and 300 and one of
3,000; so the cap of 50 would part the chains, and is lifted where `--lifted` is given. The night changes evidence of
0.1 % of people; its evidence and members lie in a warehouse file, into which everything is resolved before, as the
model does. CPU seconds and peak memory are those of a process of its own each; the libraries are imported before.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from pyarrow.parquet import ParquetWriter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from loopmart.identity import resolve_affected, resolve_identifiers
from loopmart.identity.rules import RULES, Rules
from measuring import measure

CHANGED_SHARE = 0.001


def main() -> None:
    """Make the edges, run both, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, default=10_000_000, help="how many (default: %(default)s)")
    parser.add_argument("--lifted", action="store_true", help="without the cap on the size of a member")
    parser.add_argument("--work", type=Path, help="folder for the files (default: a temporary one)")
    arguments = parser.parse_args()
    rules = replace(RULES, component_cap=1 << 40) if arguments.lifted else RULES
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        home = Path(folder)
        measure("make the edges", lambda: make_edges(home, arguments.edges))
        bare = measure("bare script", lambda: run_bare(home))
        full = measure("full", lambda: run_full(home, rules))
        measure("load the evidence into a warehouse", lambda: load_warehouse(home))
        rebuild = measure("full in the warehouse", lambda: run_rebuild(home, rules))
        measure("change the evidence of 0.1 % of people", lambda: change_evidence(home))
        night = measure("night", lambda: run_night(home, rules))
        print(f"full / bare script: {full / bare:.2f} of the CPU time")
        print(f"night / full in the warehouse: {night / rebuild:.1%}; night / full from Parquet: {night / full:.1%}")


def make_edges(home: Path, count: int) -> None:
    """Evidence as the model of edges stores it: sorted by nothing, days over two years, 2,000 files."""
    rng = np.random.default_rng(1)
    chains = np.concatenate([np.full(count // 2000, 30), np.full(count // 200_000, 300), [3000]])
    small = rng.integers(2, 7, (count - int((chains - 1).sum())) // 3)
    sizes = np.concatenate([small, chains])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    is_inner = np.ones(int(sizes.sum()), dtype=bool)
    is_inner[starts] = False
    later = np.flatnonzero(is_inner)  # each identifier but a component's first meets the one before it
    order = rng.permutation(len(later))
    edges = {"one": later[order] - 1, "two": later[order]}
    with duckdb.connect() as engine:
        engine.register("pairs", pd.DataFrame(edges))
        engine.execute(
            f"""
            copy (
                with ends as (
                    select
                        *,
                        md5('n' || one) as one_token,
                        md5('n' || two) as two_token,
                        (hash(one) // 4)::bigint as luck
                    from pairs
                ),
                typed as (
                    select
                        *,
                        {type_of("one")} as one_type, {type_of("two")} as two_type,
                        date '2024-01-01' + (luck % 700)::int as first_seen_date
                    from ends
                )
                select
                    if(one_token < two_token, one_type, two_type) as a_type,
                    if(a_type = 'wechat_openid', 'app' || luck % 2, '') as a_issuer,
                    least(one_token, two_token) as a_token,
                    if(one_token < two_token, two_type, one_type) as b_type,
                    if(b_type = 'wechat_openid', 'app' || luck % 2, '') as b_issuer,
                    greatest(one_token, two_token) as b_token,
                    (['order', 'payment', 'member_list', 'follower', 'points'])[1 + luck % 5] as evidence_kind,
                    first_seen_date,
                    first_seen_date + ((luck // 7) % 200)::int as last_seen_date,
                    1 + (luck // 11) % 5 as evidence_count,
                    md5('f' || (luck // 13) % 2000) || md5('g' || (luck // 13) % 2000) as file_id,
                    (luck // 17) % 100000 as line,
                    (hash(one, two) // 4)::bigint as evidence_hash
                from typed
            ) to '{home / "edges.parquet"}'
            """
        )


def type_of(end: str) -> str:
    """A type for each number of an identifier: cards and phones and payers, as in a shop."""
    kinds = "'vip_card', 'phone', 'wechat_openid', 'alipay_user', 'vip_card', 'wechat_openid', 'phone'"
    return f"([{kinds}])[1 + {end} % 7]"


def run_bare(home: Path) -> None:
    """What anybody would write first."""
    edges = pd.read_parquet(home / "edges.parquet", columns=["a_token", "b_token"])
    codes, tokens = pd.factorize(pd.concat([edges["a_token"], edges["b_token"]], ignore_index=True))
    a, b = codes[: len(edges)], codes[len(edges) :]
    matrix = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(tokens), len(tokens)))
    _, labels = connected_components(matrix, directed=False)
    pd.DataFrame({"token": tokens, "component": labels}).to_parquet(home / "bare.parquet")


def run_full(home: Path, rules: Rules) -> None:
    """Everything anew, from Parquet to Parquet."""
    with duckdb.connect() as session:
        rows = resolve_identifiers(session, f"read_parquet('{home / 'edges.parquet'}')", rules=rules)
        repeated = ["identifier_type", "issuer", "status"]
        digits = ("identifier_token", "own_member_id", "member_id")  # random digits: nothing repeats in them
        compression = {name: "none" if name in digits else "snappy" for name in rows.schema.names}
        sought = ["first_seen_date", "last_seen_date", "component_id"]  # by the others no reader skips anything
        options = {"use_dictionary": repeated, "compression": compression, "write_statistics": sought}
        with ParquetWriter(home / "resolved.parquet", rows.schema, **options) as writer:
            for batch in rows:
                writer.write_batch(batch)


def load_warehouse(home: Path) -> None:
    """Evidence as a table of a warehouse, with the keys by which a night finds its own."""
    with open_warehouse(home) as session:
        digits = f"{list_digits('a')}, {list_digits('b')}"
        session.execute(f"create table edges as select *, {digits} from '{home / 'edges.parquet'}'")


def list_digits(end: str) -> str:
    """The digits of a token as numbers, as the model of edges has them."""
    parts = (("key", 1, 15), ("middle", 16, 15), ("end", 31, 2))
    return ", ".join(
        f"cast('0x' || substr({end}_token, {place}, {count}) as bigint) as {end}_{part}" for part, place, count in parts
    )


def run_rebuild(home: Path, rules: Rules) -> None:
    """Everything anew, as the model does: from a table of the warehouse into one."""
    with open_warehouse(home) as session, session.cursor() as writer:
        writer.register("rows", resolve_identifiers(session, "edges", rules=rules))
        writer.execute("create table resolved as from rows")


def change_evidence(home: Path) -> None:
    """A new payer for 0.1 % of people."""
    with open_warehouse(home) as session:
        (people,) = session.execute("select count(distinct member_id) from resolved").fetchone() or (0,)
        session.execute(
            f"""
            create temp table changed_edges as
            select *, 'ffff' || left(md5(a_token), 28) as b_token
            from (select a_type, a_issuer, a_token from edges)
            using sample reservoir({int(people * CHANGED_SHARE)} rows) repeatable (1)
            """
        )
        session.execute(
            f"""
            insert into edges
            select
                a_type, a_issuer, a_token, 'alipay_user', '', b_token, 'payment', date '2026-01-01',
                date '2026-01-01', 1, md5('new') || md5('new'), row_number() over (), (hash(b_token) // 4)::bigint,
                {list_digits("a")}, {list_digits("b")}
            from changed_edges
            """
        )


def run_night(home: Path, rules: Rules) -> None:
    """Find what changed, resolve it and put it in place."""
    with open_warehouse(home) as session, session.cursor() as writer:
        writer.register("rows", resolve_affected(session, "edges", "resolved", rules=rules))
        writer.execute("create temp table fresh as from rows")
        writer.execute("delete from resolved using fresh where resolved.identifier_key = fresh.identifier_key")
        writer.execute("insert into resolved from fresh")
        writer.execute("delete from resolved where status = 'gone'")
        (count,) = writer.execute("select count(*) from fresh").fetchone() or (0,)
        print(f"    {count:,} identifiers resolved anew")


def open_warehouse(home: Path) -> duckdb.DuckDBPyConnection:
    """The file of the warehouse; what is written lies in its place when it is closed."""
    return duckdb.connect(str(home / "warehouse.duckdb"), config={"storage_compatibility_version": "v1.5.0"})


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
