"""What `loopmart identity` says and writes, on a small warehouse."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from loopmart.cli import app
from loopmart.errors import LoopmartError
from loopmart.identity.decisions import read_decisions
from tests.evidence import Warehouse, key, own_id, record, token

WHO = ("--by", "tester", "--why", "two brothers, one phone", "--on", "2026-06-01")
SAID = [
    *record("card:a phone:p", 0, 40, "member_list", file="list", line=7),
    *record("phone:p openid:o@app", 20, file="till", line=8),
    *record("openid:o@app card:b", 30, file="bill", line=9),
    *record("card:far phone:q", 1),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOOPMART_HOME", str(tmp_path))
    monkeypatch.setenv("LOOPMART_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    built = Warehouse(tmp_path)
    built.resolve(SAID)
    (tmp_path / "warehouse").mkdir()
    with duckdb.connect(str(tmp_path / "warehouse" / "loopmart.duckdb")) as warehouse:
        warehouse.execute("create schema intermediate")
        tables = {
            "edges_now": "int_identity_edges__summed", "conflicts_now": "int_identity_conflicts__found",
            "resolved": "int_identifiers__resolved",
        }  # fmt: skip
        for here, there in tables.items():
            warehouse.register("incoming", built.session.execute(f"from {here}").to_arrow_table())
            warehouse.execute(f"create table intermediate.{there} as from incoming")
            warehouse.unregister("incoming")
    return tmp_path


def say(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(app, ["--quiet", "identity", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_explain_shows_each_step_of_the_shortest_chain_with_file_and_line(home: Path) -> None:
    text = say("explain", key("card:a"), token("card:b"))
    assert "\none member\n" in text
    places = [text.index(found) for found in ("list, line 7", "till, line 8", "bill, line 9")]
    assert places == sorted(places)
    assert "member_list, 1 records, 2026-01-01 to 2026-02-10" in text


def test_explain_says_that_nothing_connects_two(home: Path) -> None:
    text = say("explain", own_id("card:a"), token("card:far")[:10])
    assert "not one member" in text
    assert "no evidence connects them" in text


def test_an_identifier_that_no_build_knows_is_refused(home: Path) -> None:
    with pytest.raises(LoopmartError, match="'vip_card::ffffff' names 0 identifiers"):
        say("explain", "vip_card::ffffff", key("card:a"))


def test_a_decision_is_written_and_previewed(home: Path) -> None:
    assert "0 members would be split" in say("preview")
    assert "identity_decisions.csv" in say("veto", key("card:a"), token("card:b"), *WHO)
    (decision,) = read_decisions(home / "identity_decisions.csv")
    assert (decision.decision, decision.a, decision.b) == ("veto", token("card:a"), token("card:b"))
    assert (decision.decided_by, decision.reason, str(decision.decided_on)) == (
        "tester", "two brothers, one phone", "2026-06-01",
    )  # fmt: skip
    text = say("preview")
    assert "1 members would be split" in text
    assert f"{own_id('card:a')}  4 identifiers, into" in text
    assert "veto of 2026-06-01 by tester: two brothers, one phone" in say("explain", key("card:a"), key("card:b"))


def test_a_link_and_a_split_are_previewed_the_largest_first(home: Path) -> None:
    say("link", token("card:a"), token("card:far"), *WHO)
    assert f"1 members would be merged\n    {own_id('card:a')}  6 identifiers, from" in say("preview")
    say("split", token("openid:o@app"), *WHO)
    assert "1 members would be split" in say("preview")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2026-13-01,veto,{a},{b},x,y", "line 2, column decided_on: '2026-13-01'; write the day"),
        ("2026-01-01,kill,{a},{b},x,y", "column decision: 'kill'; write one of veto, link, split"),
        ("2026-01-01,veto,{a},13800138000,x,y", "column b: '13800138000'; write type:issuer:token"),
        ("2026-01-01,veto,{a},{a},x,y", "name another identifier than a"),
        ("2026-01-01,split,{a},{b},x,y", "leave it empty"),
        ("2026-01-01,veto,{a},{b},,y", "column decided_by: ''; say who"),
        ("2026-01-01,veto,{a},{b},x,y,z", "line 2: not 6 cells"),
    ],
)
def test_a_wrong_line_of_the_decisions_is_refused_with_what_to_write(home: Path, line: str, message: str) -> None:
    text = "decided_on,decision,a,b,decided_by,reason\n" + line.format(a=key("card:a"), b=key("card:b")) + "\n"
    (home / "identity_decisions.csv").write_text(text)
    with pytest.raises(LoopmartError, match=message):
        read_decisions(home / "identity_decisions.csv")


def test_a_decision_that_calls_an_identifier_another_type_is_refused(home: Path) -> None:
    warehouse = Warehouse(home)
    path = home / "identity_decisions.csv"
    wrong = key("card:a").replace("vip_card", "phone")
    path.write_text(f"decided_on,decision,a,b,decided_by,reason\n2026-01-01,split,{wrong},,x,y\n")
    with pytest.raises(LoopmartError, match="is known as vip_card"):
        warehouse.resolve(SAID)
