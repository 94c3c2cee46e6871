"""The house rules that no linter knows."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import harness

ROOT = Path(__file__).resolve().parent.parent
assert harness.__file__ is not None
PACKAGE = Path(harness.__file__).parent

TOP = {
    *("harness", "fixtures", "recordings", "tests", "reports", ".ci"),
    *("pyproject.toml", "requirements.lock", "Makefile", ".gitignore", "LICENSE"),
    *("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"),
}
"""All that git may hold at the top level."""

LOCAL = {".git", ".venv", "build", "dist", "htmlcov"}
"""What a working copy may hold besides; so are dot-files of tools."""

HEAVY = {
    *("asyncio", "websockets", "httpx", "vcr", "uvicorn", "starlette", "pydantic", "pydantic_settings"),
    *("rich", "jinja2", "hdrh", "re2", "msgspec", "yaml", "sqlite3", "importlib.metadata"),
}

# Spelled in two halves, so that this file passes its own test.
NEVER = (
    "../" + "shared",
    "/t" + "mp/",
    "shared/" + "design",
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
)

BESIDE_THE_MIRROR = {"bench", "fuzz", "typing", "ui", "conformance", "crash", "canaries"}
"""Folders of tests/ that test the whole instead of a module."""

PACKAGES = ["harness", *(m.name for m in pkgutil.walk_packages([str(PACKAGE)], "harness.") if m.ispkg)]


def project_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (p for p in (ROOT / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def modules_after(code: str) -> set[str]:
    """Names of the modules a fresh interpreter, not measured by coverage, holds after ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, sep='\\n', file=sys.stderr)"],
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return set(done.stderr.split())


# ------------------------------------------------------------------------------------------ the tree


def test_the_top_level_is_fixed() -> None:
    """No folder or file beside those of the map, save what tools leave in a working copy."""
    names = {path.name for path in ROOT.iterdir()} - LOCAL
    tools = {name for name in names if name.startswith(".") and name not in TOP}
    assert names - tools <= TOP


@pytest.mark.parametrize("name", sorted(TOP - {"recordings", "reports"}))
def test_the_top_level_is_complete(name: str) -> None:
    """Every file the map names is there."""
    assert (ROOT / name).exists()


def test_files_are_short() -> None:
    """No source file is longer than 600 lines."""
    files = [p for p in project_files("harness", "tests") if p.suffix == ".py"]
    assert [p.relative_to(ROOT).as_posix() for p in files if len(p.read_text().splitlines()) > 600] == []


def test_the_map_fits_on_two_screens() -> None:
    """ARCHITECTURE.md is a map, not a book."""
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 80


def test_the_map_names_every_station() -> None:
    """Each module at the top of the package is in ARCHITECTURE.md."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    children = [c.stem for c in PACKAGE.iterdir() if c.suffix == ".py" or (c / "__init__.py").exists()]
    assert [name for name in children if not name.startswith("_") and name not in text] == []


def test_files_name_nothing_of_elsewhere() -> None:
    """No file names a package registry or a path outside the project."""
    files = [
        *project_files("harness", "tests", "fixtures", "recordings", ".ci"),
        *(p for p in ROOT.iterdir() if p.name in TOP and p.is_file()),
    ]
    found = []
    for path in files:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {word}" for word in NEVER if word in text]
    assert found == []


def test_the_lock_file_pins_by_hash_and_names_no_host() -> None:
    """Every requirement has an exact version and hashes; there is no address in it."""
    text = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^[a-z0-9][^ ]*==[^ ]+.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE | re.IGNORECASE)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE | re.IGNORECASE)) > 30
    assert "://" not in text
    assert re.search(r"^hatchling==", text, re.MULTILINE)


# --------------------------------------------------------------------------------------- the package


def test_the_changelog_tells_of_this_version() -> None:
    """The newest entry of CHANGELOG.md, the code and the installed distribution have one version."""
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == harness.__version__ == importlib.metadata.version("mediation-harness")


def test_the_package_is_typed() -> None:
    """Type checkers of users see our annotations."""
    assert (PACKAGE / "py.typed").exists()


def test_import_harness_is_light() -> None:
    """``import harness`` loads nothing but itself."""
    loaded = modules_after("import harness")
    assert loaded & (HEAVY | {"click"}) == set()


def test_help_loads_no_heavy_module() -> None:
    """``harness --help`` answers without the network, the models or any verb."""
    loaded = modules_after("from harness.cli.main import main\nmain(['--help'], standalone_mode=False)")
    assert loaded & HEAVY == set()
    assert {name for name in loaded if name.startswith("harness.")} <= {
        "harness._version",
        "harness.cli",
        "harness.cli.main",
    }


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_export_on_purpose(name: str) -> None:
    """Every name of ``__all__`` is there, and every public name is in ``__all__``."""
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert [e for e in exported if not hasattr(module, e)] == []
    assert len(set(exported)) == len(exported)
    public = {n for n, v in vars(module).items() if not n.startswith("_") and not isinstance(v, ModuleType)}
    from_elsewhere = {n for n in public if getattr(vars(module)[n], "__module__", name).split(".")[0] != "harness"}
    assert public - from_elsewhere - {"annotations", "TYPE_CHECKING"} <= set(exported)
    assert not hasattr(module, "there_is_no_such_name")


def test_python_m_harness_is_the_command() -> None:
    """``python -m harness`` does what ``harness`` does."""
    done = subprocess.run([sys.executable, "-m", "harness", "--version"], text=True, capture_output=True, check=True)
    assert done.stdout.startswith("harness, version")


# ----------------------------------------------------------------------------------------- the tests


def test_every_test_says_what_it_shows() -> None:
    """Each test function has a docstring."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_tests_mirror_the_package() -> None:
    """A folder of tests/ is a package of harness/ or one of the few that test the whole."""
    folders = {p.parent.relative_to(ROOT / "tests") for p in (ROOT / "tests").rglob("test_*.py")}
    strangers = [f for f in folders if not (PACKAGE / f).is_dir() and f.parts[0] not in BESIDE_THE_MIRROR]
    assert strangers == []


def test_tests_share_by_fixtures_only() -> None:
    """No test imports another test file: the suite also runs beside an installed wheel."""
    found = []
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path.relative_to(ROOT)}: {n}" for n in names if n.split(".")[0] in ("tests", "conftest")]
    assert found == []


def test_packages_have_no_init_in_tests() -> None:
    """Tests are no packages, so that their file names may repeat."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
