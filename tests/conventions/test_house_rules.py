"""The house rules hold in the repository, and each can be seen to fail on an example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conventions import rules
from tests.conventions.rules import Rule, Tree

REPOSITORY = Tree(Path(__file__).parents[2])
MART_YML = "models:\n  - {name: %s, description: %s, columns: [{name: %s, data_type: %s, description: x}]}\n"
WRONG_TYPES = [
    ("paid_at", "date"),
    ("paid_on", "date"),
    ("net_amount", "decimal(18,4)"),
    ("open_rate", "decimal(18,2)"),
    ("store_id", "bigint"),
    ("paid", "boolean"),
    ("is_paid", "string"),
]
DAG = '"""Doc."""\n@dag(doc_md=__doc__)\ndef night():\n    pass\n'

GOOD_AND_BAD: list[tuple[Rule, Mapping[str, str], Mapping[str, str]]] = [
    (
        rules.models_are_named_after_their_layer,
        {"dbt_project/models/staging/stg_bronze__products.sql": "", "dbt_project/models/marts/orders.sql": ""},
        {
            "dbt_project/models/staging/products.sql": "",
            "dbt_project/models/intermediate/int_orders.sql": "",
            "dbt_project/models/intermediate/int_orders__resolver.py": "",
            "dbt_project/models/marts/order.sql": "",
        },
    ),
    (
        rules.a_model_has_one_yml_beside_it,
        {
            "dbt_project/models/marts/orders.sql": "",
            "dbt_project/models/marts/orders.yml": MART_YML % ("orders", "One row per order.", "a", "int"),
        },
        {
            "dbt_project/models/marts/items.sql": "",
            "dbt_project/models/marts/lines.py": "",
            "dbt_project/models/marts/orders.yml": MART_YML % ("orders", "One row per order.", "a", "int"),
            "dbt_project/models/marts/stores.yml": MART_YML % ("shops", "The stores.", "a", "int"),
        },
    ),
    (
        rules.data_tests_are_named_after_their_rule,
        {"dbt_project/models/a.yml": "models: [{name: a, data_tests: [{no_nulls: {name: a_is_whole}}]}]"},
        {
            "dbt_project/models/a.yml": "models: [{name: a, data_tests: [{no_nulls: {columns: [x]}}]}]",
            "dbt_project/models/b.yml": "models: [{name: b, columns: [{name: x, data_tests: [not_null]}]}]",
        },
    ),
    (
        rules.sql_of_models_reads_from_top_to_bottom,
        {"dbt_project/models/marts/a.sql": "with final as (\n    select 1\n)\n\nselect * from final\n"},
        {
            "dbt_project/models/marts/a.sql": "select 1\n",
            "dbt_project/models/marts/b.sql": "-- a line\n" * 120 + "select * from final\n",
        },
    ),
    (
        rules.marts_do_not_read_staging,
        {"dbt_project/models/marts/a.sql": "select * from {{ ref('int_orders__keyed') }}"},
        {"dbt_project/models/marts/a.sql": 'select * from {{ ref( "stg_bronze__orders") }}'},
    ),
    (
        rules.columns_have_the_type_of_their_name,
        {"dbt_project/models/marts/a.yml": MART_YML % ("a", "x", "paid_at", "timestamp")},
        {
            f"dbt_project/models/marts/{n}.yml": MART_YML % (n, "x", name, f'"{kind}"')
            for n, (name, kind) in enumerate(WRONG_TYPES)
        },
    ),
    (
        rules.src_does_not_import_airflow,
        {"src/loopmart/a.py": "import airflows\nfrom .airflow import b\n"},
        {
            "src/loopmart/a.py": "import airflow.sdk\n",
            "src/loopmart/b.py": "def f():\n    from airflow import DAG\n",
        },
    ),
    (
        rules.dags_are_wiring_only,
        {"dags/night.py": DAG.replace("pass", "import duckdb"), "dags/support/words.py": "import os\n"},
        {
            "dags/night.py": "import duckdb\n" + DAG,
            "dags/day.py": DAG,
            "dags/dusk.py": "def dusk():\n    pass\n",
            "dags/support/long.py": "x = 1\n" * 81,
            "dags/support/heavy.py": "if True:\n    from pandas import DataFrame\n",
        },
    ),
    (
        rules.suites_are_named_after_gate_entity_and_severity,
        {"expectations/landing.files.warning.json": '{"name": "landing.files.warning"}'},
        {
            "expectations/landing.files.fatal.json": "{}",
            "expectations/bronze.files.critical.json": "{}",
            "expectations/marts.orders.critical.json": '{"name": "marts.order.critical"}',
        },
    ),
    (
        rules.modules_are_short_nouns,
        {"src/loopmart/words.py": "x = 1\n" * 560},
        {"src/loopmart/words.py": "x = 1\n" * 561, "src/loopmart/calendar.py": ""},
    ),
    (
        rules.nothing_is_left_to_do,
        {"src/loopmart/a.py": "TODOS = 1\n"},
        {"src/loopmart/a.py": "# TODO: later\n", "docs/a.md": "FIXME\n", "Makefile": "# FIXME later\n"},
    ),
    (
        rules.no_path_of_ones_own_machine,
        {"docs/a.md": "/opt/loopmart/data, /tmp/sample, ~/.config, https://example.org/work/place\n"},
        {"docs/a.md": "/work/main/data\n", "src/a.py": 'p = "/home/jo/x"\n', "b.sql": "'/root/x/y'\n"},
    ),
    (
        rules.no_secret_is_committed,
        {".env.example": "PASSWORD=\n", "src/loopmart/ingest/tokens.py": "key = read()\n"},
        {
            ".env": "PASSWORD=x\n",
            "config/token.key": "00\n",
            "docs/a.md": "-----BEGIN RSA PRIVATE KEY-----\n",
            "src/a.py": f'token = "gh{"p"}_{"a1" * 18}"\n',
        },
    ),
    (
        rules.tests_are_named_after_their_rule,
        {"tests/unit/test_a.py": "def test_a_rule_holds(): ...\nclass T:\n    def test_one_two_three(self): ...\n"},
        {
            "tests/unit/test_a.py": "def test_load(): ...\n",
            "tests/test_b.py": "class T:\n    def test_two_words(self): ...\n",
        },
    ),
    (
        rules.unit_tests_mirror_what_they_test,
        {
            "src/loopmart/gates/run.py": "",
            "scripts/a.py": "",
            "tests/unit/gates/a.py": "",
            "tests/unit/scripts/b.py": "",
        },
        {"tests/unit/gate/test_run.py": ""},
    ),
]
ALL = [rule for rule, _, _ in GOOD_AND_BAD]


def make_tree(root: Path, files: Mapping[str, str]) -> Tree:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return Tree(root)


@pytest.mark.parametrize("rule", ALL, ids=[rule.__name__ for rule in ALL])
def test_house_rule_holds_in_the_repository(rule: Rule) -> None:
    breaches = list(rule(REPOSITORY))
    assert not breaches, "\n".join([f"{rule.__doc__}", *breaches])


@pytest.mark.parametrize(("rule", "good", "bad"), GOOD_AND_BAD, ids=[rule.__name__ for rule in ALL])
def test_house_rule_finds_each_bad_example(
    rule: Rule, good: Mapping[str, str], bad: Mapping[str, str], tmp_path: Path
) -> None:
    assert list(rule(make_tree(tmp_path / "good", good))) == []
    breaches = "\n".join(rule(make_tree(tmp_path / "bad", bad)))
    unseen = [name for name in bad if name not in breaches]
    assert breaches
    assert not unseen


def test_every_rule_is_tried_on_the_repository() -> None:
    defined = {f for name, f in vars(rules).items() if callable(f) and f.__module__ == rules.__name__}
    assert defined - {rules.Tree} - {f for f in defined if f.__name__.startswith("_")} == set(ALL)


def test_the_tree_holds_what_the_rules_look_at() -> None:
    patterns = ("src/**/*.py", "tests/**/*.py", "dags/*.py", "expectations/*", "docs/ops.yml")
    layers = tuple(f"dbt_project/models/{layer}/*.sql" for layer in ("staging", "intermediate", "marts"))
    empty = [pattern for pattern in patterns + layers if not REPOSITORY.find(pattern)]
    assert not empty, f"no file fits {empty}: a rule that looks at nothing always holds"
