"""What import contracts cannot see: calls in pure modules that read a clock, chance or the process."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness

assert harness.__file__ is not None
PACKAGE = Path(harness.__file__).parent

PURE = (
    "text",
    "dialects",
    "pii",
    "grounding",
    "pipeline",
    "metrics",
    "report",
    "recording/entry.py",
    "recording/codec.py",
    "recording/timing.py",
    "recording/convert",
    "recording/migrate.py",
    "recording/select.py",
    "replayer/script.py",
    "replayer/match.py",
)
"""Folders and files of harness/ that are pure; one that does not exist yet is skipped."""

FORBIDDEN_IMPORTS = (
    "asyncio",
    "socket",
    "time",
    "logging",
    "threading",
    "subprocess",
    "secrets",
    "websockets",
    "httpx",
    "vcr",
    "uvicorn",
    "starlette",
    "harness.clock",
    "harness.settings",
)
FORBIDDEN_CALLS = {
    "uuid1": "chance",
    "uuid4": "chance",
    "urandom": "chance",
    "getrandom": "chance",
    "SystemRandom": "chance",
    "getenv": "the environment",
}
CLOCKS = {"now", "utcnow", "today"}
"""Of ``datetime`` and ``date``; a field of that name in a class of ours is no clock."""

MODULE_RANDOM = {"random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "getrandbits"}


def pure_files() -> list[Path]:
    found: list[Path] = []
    for name in PURE:
        path = PACKAGE / name
        found.extend(sorted(path.rglob("*.py")) if path.is_dir() else [path] * path.exists())
    return found


def breaches(tree: ast.AST) -> Iterator[str]:
    """Every breach in a parsed module, as "line N: what"."""
    for node in ast.walk(tree):
        for what in _of(node):
            yield f"line {getattr(node, 'lineno', 0)}: {what}"


def _of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (f"imports {alias.name}" for alias in names if _forbidden(alias.name))
        case ast.ImportFrom(module=str(module), names=names):
            full = [module, *(f"{module}.{alias.name}" for alias in names)]
            yield from (f"imports {name}" for name in full[:1] if _forbidden(name))
            yield from (f"imports {name}" for name in full[1:] if name in FORBIDDEN_IMPORTS)
            yield from (f"imports {n.name} of {module}" for n in names if n.name in FORBIDDEN_CALLS)
            yield from (f"renames {n.name}" for n in names if module == "datetime" and n.asname not in (None, n.name))
        case ast.Call(func=ast.Name(id="hash")):
            yield "calls hash(), which differs from process to process"
        case ast.Call(func=ast.Name(id="print" | "input" as name)):
            yield f"calls {name}()"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="random"), attr=attr)) if attr in MODULE_RANDOM:
            yield f"calls random.{attr}(); take a random.Random as an argument"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="random"), attr="Random"), args=[]):
            yield "makes a random.Random without a seed"
        case ast.Attribute(value=ast.Name(id=of) | ast.Attribute(attr=of), attr=attr) if attr in CLOCKS:
            if of in ("datetime", "date"):
                yield f"uses {of}.{attr}, which reads a clock"
        case ast.Attribute(attr=attr) if attr in FORBIDDEN_CALLS:
            yield f"uses {attr}, which reads {FORBIDDEN_CALLS[attr]}"
        case ast.Attribute(value=ast.Name(id="os"), attr="environ"):
            yield "reads the environment"


def _forbidden(name: str) -> bool:
    return any(name == word or name.startswith(word + ".") for word in FORBIDDEN_IMPORTS)


@pytest.mark.parametrize("path", pure_files(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_pure_modules_are_pure(path: Path) -> None:
    """A pure module reads no clock, no chance, no environment and talks to nobody."""
    assert list(breaches(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "import asyncio.queues",
        "from harness import clock",
        "from harness.clock import Clock",
        "def f():\n    from websockets.sync import client",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.datetime.utcnow()",
        "import datetime\nf = datetime.date.today",
        "from datetime import datetime as dt\nx = dt.now()",
        "import uuid\nx = uuid.uuid4()",
        "from uuid import uuid4",
        "import os\nx = os.urandom(8)",
        "import os\nx = os.environ['A']",
        "x = hash('a')",
        "import random\nx = random.choice([1])",
        "import random\nx = random.Random()",
        "print(1)",
    ],
)
def test_a_breach_is_seen(code: str) -> None:
    """Each kind of breach is found."""
    assert list(breaches(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "import random\nx = random.Random(7).choice([1])",
        "from datetime import date\nx = date(2026, 1, 1)",
        "import uuid\nx = uuid.uuid5(uuid.NAMESPACE_URL, 'a')",
        "class A:\n    def __hash__(self) -> int:\n        return 1",
        "import timeit_like",
        "x = context.today",
    ],
)
def test_what_is_pure_passes(code: str) -> None:
    """Seeded chance, given dates and names that only look alike are no breach."""
    assert list(breaches(ast.parse(code))) == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_imports_from_the_top(path: Path) -> None:
    """Inside the package a name is imported from where it is defined: the lazy top would hide an upward import."""
    modules = {child.stem for child in PACKAGE.iterdir()}
    if path == PACKAGE / "__init__.py":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "harness":
            assert {alias.name for alias in node.names} <= modules
