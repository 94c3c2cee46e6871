"""What this machine has for the harness, what it lacks, and the line that mends it.

1. A check is ``ok``, ``missing`` (something optional is not there: what needs it says so or is skipped) or ``broken`` (the
   harness itself cannot work).
2. Packages are looked up, not imported: looking costs nothing and runs nobody's code. Rules and checker are really made.
3. The tables are those of pyproject.toml; a test holds them against it.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import platform
import re
import resource
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.session.parts import Tools
from harness.settings import Settings
from harness.wire.listen import listening_socket
from harness.wire.scheduler import Scheduler

__all__ = ["CORE", "EXTRAS", "Check", "examine_environment"]

CORE: Mapping[str, str] = {
    "websockets": "15.0",
    "httpx": "0.27",
    "pydantic": "2.9",
    "pydantic-settings": "2.5",
    "click": "8.1",
    "rich": "13.7",
    "starlette": "0.40",
    "uvicorn": "0.30",
    "jinja2": "3.1.4",
    "hdrhistogram": "0.10.3",
    "google-re2": "1.1.20240702",
    "msgspec": "0.19",
    "pyyaml": "6.0.1",
}
"""Distribution -> the least version."""

EXTRAS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "test": (
        "tests of your own, and `pytest recordings`",
        {
            "pytest": "8.3",
            "hypothesis": "6.112",
            "vcrpy": "7.0",
            "pytest-xdist": "3.6",
            "pytest-asyncio": "0.24",
            "pytest-recording": "0.13",
            "anyio": "4.4",
        },
    ),
    "fuzz": ("`harness fuzz`", {"hypothesis": "6.112"}),
    "conformance": (
        "clients and cases of others",
        {"aiohttp": "3.10", "requests": "2.32", "websocket-client": "1.8", "kosoku": "0.1"},
    ),
    "browser": ("the report's page in a browser", {"playwright": "1.49", "axe-playwright-python": "0.1.4"}),
    "oracle": (
        "statistics of others, to hold ours against",
        {"scipy": "1.12", "statsmodels": "0.14.2", "krippendorff": "0.7"},
    ),
    "onnx": ("the judge `onnx:FOLDER`", {"onnxruntime": "1.17", "tokenizers": "0.19", "numpy": "1.26"}),
    "presidio": ("`--detector presidio`", {"presidio-analyzer": "2.2"}),
    "bench": ("redactors beside ours", {"presidio-analyzer": "2.2", "scrubadub": "2.0", "datafog": "4.0"}),
}
"""Extra -> what it is for, and its distributions."""

_PROGRAMS = {
    "chromium": (("chromium", "google-chrome"), "the report's page in a browser", "apt-get install chromium"),
    "node": (("node",), "clients of JavaScript", "apt-get install nodejs"),
    "git": (("git",), "hooks of `harness init ci`", "apt-get install git"),
}
_LEAST_FILES = 1024
_LEAST_BYTES = 1 << 30

State = Literal["ok", "missing", "broken"]


class Check(NamedTuple):
    """One line.

    Args:
        area: core, extra, program or system.
        detail: what there is, or what it would be for.
        fix: the line that mends it; '' where it is ok, or where there is none.
    """

    area: str
    name: str
    state: State
    detail: str
    fix: str = ""


def examine_environment(settings: Settings) -> list[Check]:
    """All checks; those of the core first."""
    return [*_core(settings), *_extras(), *_programs(), *_system(settings)]


def _core(settings: Settings) -> Iterator[Check]:
    yield Check("core", "python", "ok", platform.python_version())
    lacking = list(_lacking(CORE))
    if lacking:
        fix = "pip install --upgrade mediation-harness"
        yield Check("core", "dependencies", "broken", ", ".join(lacking), fix)
    else:
        yield Check("core", "dependencies", "ok", f"all {len(CORE)}")
    yield _tools(settings)
    yield _loopback()


def _loopback() -> Check:
    """Replays are served there."""
    try:
        listening_socket("127.0.0.1", 0).close()
    except HarnessError as error:
        return Check("core", "loopback", "broken", str(error), "ip link set lo up")
    return Check("core", "loopback", "ok", "127.0.0.1 can be listened on")


def _tools(settings: Settings) -> Check:
    """The rules of the settings, compiled, and the checker."""
    try:
        tools = Tools.of(settings)
        tools.redactor.redact("Call 415-288-0199.")
    except HarnessError as error:
        return Check("core", "rules", "broken", str(error), "harness config show --origin")
    except Exception as error:  # noqa: BLE001 - whatever it is, the installation is not whole
        fix = "pip install --force-reinstall mediation-harness"
        return Check("core", "rules", "broken", type(error).__name__, fix)
    return Check("core", "rules", "ok", f"{len(tools.redactor.rules.rules)} rules and the checker load")


def _extras() -> Iterator[Check]:
    for extra, (purpose, wanted) in EXTRAS.items():
        lacking = list(_lacking(wanted))
        if lacking:
            fix = f"pip install 'mediation-harness[{extra}]'"
            yield Check("extra", extra, "missing", f"{', '.join(lacking)}: for {purpose}", fix)
        else:
            yield Check("extra", extra, "ok", f"for {purpose}")


def _lacking(wanted: Mapping[str, str]) -> Iterator[str]:
    for name, least in wanted.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name
            continue
        if _numbers(found) < _numbers(least):
            yield f"{name} {found} (at least {least})"


def _numbers(version: str) -> tuple[int, ...]:
    """The release's numbers: enough to compare with a lower bound."""
    release = re.match(r"[0-9.]*", version)
    return tuple(int(part) for part in (release[0] if release else "").split(".") if part)


def _programs() -> Iterator[Check]:
    for name, (commands, purpose, fix) in _PROGRAMS.items():
        path = os.environ.get(f"HARNESS_{name.upper()}") or next(filter(None, map(shutil.which, commands)), None)
        if path is None:
            yield Check("program", name, "missing", f"for {purpose}", fix)
        else:
            yield Check("program", name, "ok", path)


def _system(settings: Settings) -> Iterator[Check]:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    enough = files == resource.RLIM_INFINITY or files >= _LEAST_FILES
    many = f"{'any number of' if files == resource.RLIM_INFINITY else files} open files"
    fix = "" if enough else "ulimit -n 8192"
    yield Check(
        "system", "files", "ok" if enough else "missing", many if enough else f"{many}: few for many clients", fix
    )
    with_timer = asyncio.run(_has_timerfd())
    words = "waits are exact to the microsecond" if with_timer else "waits are as exact as the event loop's own"
    yield Check("system", "timerfd", "ok" if with_timer else "missing", words, "" if with_timer else "run it on Linux")
    yield _disk(settings.reports_dir)


async def _has_timerfd() -> bool:
    scheduler = Scheduler(SystemClock())
    exact = scheduler.exact
    scheduler.close()
    return exact


def _disk(folder: Path) -> Check:
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    said = f"{free / 2**30:.1f} GiB free for {folder}"
    if not os.access(place, os.W_OK):
        return Check("system", "disk", "missing", f"{folder} cannot be written", "HARNESS_REPORTS_DIR=/elsewhere")
    if free < _LEAST_BYTES:
        return Check("system", "disk", "missing", f"{said}: little for reports", "HARNESS_REPORTS_DIR=/elsewhere")
    return Check("system", "disk", "ok", said)
