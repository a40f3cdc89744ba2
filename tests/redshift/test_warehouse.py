"""The figures of a run, asked of Redshift by dbt's own login."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tenacity import wait_none

from adventure_works.build.headline import headline
from adventure_works.errors import AdventureError
from adventure_works.redshift import session as driver
from adventure_works.redshift.session import asking, session
from standin.proxy import Fault
from standin.stack import Warehouse


def test_the_headline_figures_come_from_redshift(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"DBT_LOG_PATH": str(tmp_path / "logs"), "DBT_TARGET_PATH": str(tmp_path / "target")}
    for name, value in (warehouse.environ | places | {"REDSHIFT_SCHEMA": "mine"}).items():
        monkeypatch.setenv(name, value)
    for statement in (
        "create schema mine_core",
        "create table mine_core.fact_orders (order_date date, customer_key integer, order_lines integer, units bigint, "
        "revenue numeric(18, 4), cost numeric(18, 4), profit numeric(18, 4))",
        "create table mine_core.fact_returns (return_date date, return_quantity integer)",
        "insert into mine_core.fact_orders values ('2016-01-02', 1, 2, 4, 40, 15.25, 24.75), "
        "('2016-03-04', -1, 1, 4, 10, 5, 5)",
        "insert into mine_core.fact_returns values ('2016-01-05', 1), ('2016-03-04', 1), ('2016-03-05', 7)",
    ):
        warehouse.query(statement)
    with asking("mine", "mine") as ask:
        found = headline(ask)
        with pytest.raises(
            AdventureError, match=r"Redshift refused `select nonsense from mine_core.fact_orders`: .*nonsense"
        ):
            ask("select nonsense from {core}.fact_orders")
    assert any(
        entry["sql"].startswith('/* {"app": "adventure_works", "step": "read"} */\n')
        for entry in warehouse.statements()
    )
    assert found == {
        "revenue": Decimal(50),
        "cost": Decimal("20.25"),
        "profit": Decimal("29.75"),
        "units": 8,
        "order_lines": 3,
        "orders": 2,
        "customers": 1,
        "first_order_date": date(2016, 1, 2),
        "last_order_date": date(2016, 3, 4),
        "return_units": 2,
        "profit_margin": Decimal("0.595"),
        "average_order_value": Decimal(25),
        "return_rate": Decimal("0.25"),
    }


@pytest.mark.parametrize(("what", "says"), [("conflict", "conflict with"), ("serialization", "isolation violation")])
def test_a_statement_that_meets_another_transaction_is_tried_again(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, what: str, says: str
) -> None:
    for name, value in (warehouse.environ | warehouse.login_by_password).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(driver, "PAUSE", wait_none())
    proxy, at = warehouse.standin.proxy, "select 7"
    with session("test") as redshift:
        proxy.fault = Fault(at, what)
        assert redshift.ask("select 7 as seven") == [{"seven": 7}]
        proxy.fault = Fault(at, what)
        assert redshift.in_transaction(lambda: redshift.ask("select 7 as seven")) == [{"seven": 7}]
        monkeypatch.setattr(driver, "ATTEMPTS", 1)
        proxy.fault = Fault(at, what)
        with pytest.raises(driver.ConflictError, match=says):
            redshift.ask("select 7 as seven")
        # A statement of a transaction is never tried by itself.
        proxy.fault = Fault(at, what)
        with pytest.raises(driver.ConflictError), redshift.transaction():
            redshift.ask("select 7 as seven")
        assert redshift.ask("select 7 as seven") == [{"seven": 7}]
