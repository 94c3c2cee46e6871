"""The tables of the grounding page are those of the policy that ships."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from harness.grounding import Checker


@pytest.fixture(scope="module")
def table(root: Path) -> ModuleType:
    """The generator."""
    spec = importlib.util.spec_from_file_location("ground_table", root / "tests" / "bench" / "ground_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ground_table"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_of_this_policy(table: ModuleType) -> None:
    """Whoever changes a lexicon or the model makes the tables anew (`make fit`)."""
    page = table.PAGE.read_text(encoding="utf-8")
    assert f"Policy `{Checker().policy_digest}`." in page


def test_the_tables_go_between_their_marks(table: ModuleType) -> None:
    """What stands around them is kept."""
    page = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
    assert table.put(page, "new\n") == f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n"


@pytest.mark.prove
def test_the_page_holds_what_is_measured(table: ModuleType) -> None:
    """Every figure, measured again."""
    page = table.PAGE.read_text(encoding="utf-8")
    assert table.put(page, table.tables(table.reports())) == page
