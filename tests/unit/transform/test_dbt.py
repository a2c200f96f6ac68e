"""What a layer's build tells of a rule that is broken."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from loopmart.locks import WAREHOUSE_LOCK, hold_lock
from loopmart.settings import Settings
from loopmart.transform.dbt import DbtFailed, build_layer
from tests.conftest import PROJECT

PROJECT_YML = "name: loopmart\nconfig-version: 2\nprofile: loopmart\n"
MODEL = "select 'S1-1' as order_id, 5 as net union all select 'S1-1', 7 union all select null, 7"
YML = """
models:
  - name: orders
    data_tests:
      - rules:
          name: orders_keeps_its_rules
          arguments:
            rules:
              an_order_stands_once:
                unique_key: [order_id]
              an_order_has_an_id:
                no_nulls: [order_id]
              an_order_is_worth_less_than_six:
                row_rule: net < 6
              two_orders_have_one_price:
                group_rule: {group_by: [net], rule: count(*) <= 2}
              orders_hold_all_orders:
                totals_agree:
                  compare_to: ref('orders')
                  measures: [{here: sum(net), there: sum(net) + 1}]
              an_order_is_one_of_the_orders:
                relationships: {column_name: order_id, to: ref('orders'), field: order_id}
      - row_rule:
          name: an_order_that_is_named_is_worth_five
          arguments: {rule: net = 5}
          config: {where: order_id is not null}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A dbt project of one model, with the rules and macros of ours."""
    project = tmp_path / "dbt_project"
    for name in ("tests/generic", "macros/engine"):
        shutil.copytree(PROJECT / "dbt_project" / name, project / name)
    shutil.copy(PROJECT / "dbt_project" / "profiles.yml", project)
    (project / "dbt_project.yml").write_text(PROJECT_YML)
    (project / "models").mkdir()
    (project / "models" / "orders.sql").write_text(MODEL)
    (project / "models" / "orders.yml").write_text(YML)
    return tmp_path


@pytest.mark.integration
def test_each_broken_rule_is_told_with_the_number_of_its_rows_and_one_of_them(
    settings: Settings, project: Path
) -> None:
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    with hold_lock(settings, WAREHOUSE_LOCK) as lock, pytest.raises(DbtFailed) as failure:
        build_layer(dataclasses.replace(settings, project_dir=project), ["orders"], lock)
    first, *told = str(failure.value).splitlines()
    assert first == "dbt build of orders failed:"
    assert sorted(told) == [
        "  an_order_has_an_id: 1 rows, such as {'null_columns': order_id, 'order_id': NULL, 'net': 7}",
        "  an_order_is_worth_less_than_six: 2 rows, such as {'order_id': NULL, 'net': 7}",
        "  an_order_stands_once: 1 rows, such as {'order_id': S1-1, 'row_count': 2}",
        "  an_order_that_is_named_is_worth_five: 1 rows, such as {'order_id': S1-1, 'net': 7}",
        "  orders_hold_all_orders: 1 rows, such as {'here_1': 19, 'there_1': 20}",
    ]
