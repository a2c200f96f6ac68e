"""The review list as a person sees it."""

from __future__ import annotations

import io

import duckdb
import pytest
from rich.console import Console

from loopmart.errors import LoopmartError
from loopmart.settings import Settings
from loopmart.show_duplicates import print_review

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def published(settings: Settings) -> Settings:
    settings.serving_dir.mkdir(parents=True)
    with duckdb.connect(str(settings.serving_dir / "marts.duckdb")) as engine:
        engine.execute(
            f"""
            create schema ops;
            create table possible_duplicates as from (values
                ('M1', null, 1.25, 0.7, 'same name', 'other birthday', 'f', 2, 'g', 9),
                ('M1', 'M2', 30.5, 1.0, 'same name; same day of birth', '', 'f', 2, 'f', 3)
            ) t(member_id_left, member_id_right, match_weight, match_probability, agrees, differs, file_id_left,
                line_left, file_id_right, line_right);
            create table member_identifiers as from (values
                ('vip_card', '', '{TOKEN}', 'M1'), ('wechat_openid', 'wx1', '{TOKEN}', 'M2')
            ) t(identifier_type, issuer, identifier_token, own_member_id);
            create table ops.file_ledger as from (values
                ('f', 'chain/members.csv', 'loaded'), ('g', 'S1/list.csv', 'loaded'),
                ('f', 'chain/copy.csv', 'duplicate')
            ) t(file_id, path, status)
            """
        )
    return settings


def show(settings: Settings, limit: int = 0, least_weight: float = 0.0) -> list[str]:
    text = io.StringIO()
    print_review(settings, Console(file=text, width=200), limit, least_weight)
    return text.getvalue().splitlines()


def test_the_heaviest_pair_comes_first_with_its_evidence_and_lines(published: Settings) -> None:
    assert show(published) == [
        "weight 30.50, probability 1.0: same name; same day of birth",
        f"  chain/members.csv line 2: M1  vip_card::{TOKEN}",
        f"  chain/members.csv line 3: M2  wechat_openid:wx1:{TOKEN}",
        "weight 1.25, probability 0.7: same name",
        "  but other birthday",
        f"  chain/members.csv line 2: M1  vip_card::{TOKEN}",
        "  S1/list.csv line 9: an entry without an identifier",
        "2 possible duplicates",
    ]


def test_what_is_left_out_is_said(published: Settings) -> None:
    assert show(published, limit=1)[-1] == "2 possible duplicates; 1 shown, --limit 0 shows all"
    assert show(published, least_weight=10.0)[-1] == "1 possible duplicates"


def test_before_the_first_publication_the_command_is_named(settings: Settings) -> None:
    with pytest.raises(LoopmartError, match="run `loopmart run`"):
        show(settings)
