"""The hooks: recordings as test items, fixtures around a replay, one report for a whole run. See PYTEST.md.

1. Every name a user meets begins with ``harness``, but for the mark ``recording``; no fixture is autouse.
2. Nothing but pytest and this package is imported until a recording, a fixture or an option asks for more.
3. In mode none, the default, nothing but the replay's own ports is reached while a replay runs.
4. With pytest-xdist the workers keep their results, and the controller makes the one report of them.
5. No failure shows text of a conversation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.pytest_plugin.fixtures import (
    harness_clock,
    harness_config,
    harness_pipeline,
    harness_recording,
    harness_replay,
    harness_report,
    harness_sink,
)
from harness.pytest_plugin.options import MARK, add_options
from harness.pytest_plugin.state import STATE, State

__all__ = [
    "harness_clock",
    "harness_config",
    "harness_pipeline",
    "harness_recording",
    "harness_replay",
    "harness_report",
    "harness_sink",
    "pytest_addoption",
    "pytest_assertrepr_compare",
    "pytest_collect_file",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_itemcollected",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
    "pytest_unconfigure",
]

_ENDINGS = (".rec.jsonl", ".rec.jsonl.gz")


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Options; and the package's own asserts stay as they are: rewritten ones show the values they compare."""
    add_options(parser)
    marked = getattr(pluginmanager.rewrite_hook, "_must_rewrite", None)
    if isinstance(marked, set):
        marked.discard("harness")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, and what the run keeps; an option that cannot be used ends the run here."""
    config.addinivalue_line("markers", MARK)
    config.stash[STATE] = State(config)
    config.stash[STATE].check_options()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    state = config.stash.get(STATE, None)
    if state is not None:
        state.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A recording is a collector of its checks."""
    if not file_path.name.endswith(_ENDINGS):
        return None
    from harness.pytest_plugin.items import RecordingFile

    return RecordingFile.from_parent(parent, path=file_path)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Note which recordings a test asks for."""
    mark = item.get_closest_marker("recording")
    if mark is not None:
        item.config.stash[STATE].use(*mark.args)


@pytest.hookimpl(tryfirst=True)
def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Rule 5: a difference of two values of the harness names fields, not what is in them."""
    if not _is_ours(left) and not _is_ours(right):
        return None
    lines = [f"{type(left).__name__} {op} {type(right).__name__}"]
    if type(left) is type(right):
        names: Any = getattr(left, "__dataclass_fields__", None) or getattr(left, "__struct_fields__", ())
        differing = [name for name in names if getattr(left, name) != getattr(right, name)]
        lines.append(f"fields that differ: {', '.join(differing) or 'none'} (what is in them is not shown)")
    return lines


def _is_ours(value: object) -> bool:
    kind = type(value)
    holds = hasattr(kind, "__dataclass_fields__") or hasattr(kind, "__struct_fields__")
    return holds and kind.__module__.startswith("harness.")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells what it used; otherwise the report is made."""
    session.config.stash[STATE].finish(session)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What a person should know at the end: the report, recordings nobody uses, recordings that are old."""
    lines = config.stash[STATE].summary()
    if lines:
        terminalreporter.section("recordings")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist: tell a worker where results are kept."""
    state = node.config.stash[STATE]
    if state.report_folder is not None:
        node.workerinput["harness_kept"] = str(state.kept())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """pytest-xdist: hear what a worker used."""
    told = getattr(node, "workeroutput", {}).get("harness")
    node.config.stash[STATE].hear(told)
