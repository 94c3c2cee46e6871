"""``harness record``, ``run`` and ``demo``, in process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli.demo import command as demo
from harness.cli.main import main
from harness.recording.edit import reseal
from harness.recording.reader import read_recording
from harness.scenario.files import compose_files
from harness.session.keys import new_key_file
from harness.session.replay import conversations_of


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def source(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario = root / "fixtures" / "scenarios" / "telco-roaming-bill.yaml"
    return compose_files([scenario], tmp_path_factory.mktemp("source"), 7)[0]


@pytest.fixture
def service(source: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The source served on a thread of its own; environment as its export lines say."""
    import asyncio

    from harness.clock import SystemClock
    from harness.dialects.mediation import MediationDialect
    from harness.replayer.service import ReplayService

    ready = threading.Event()
    facts: dict[str, Any] = {}

    async def serve() -> None:
        stop = asyncio.Event()
        recording = read_recording(source)
        # Twice, so that a test may follow the conversation more than once.
        replay = ReplayService([recording, recording], dialect=MediationDialect(), clock=SystemClock(), lenient=True)
        async with replay:
            loop = asyncio.get_running_loop()
            facts.update(endpoint=replay.endpoint, stop=lambda: loop.call_soon_threadsafe(stop.set))
            monkeypatch.setenv("GENESYS_CLIENT_ID", replay.client_id)
            monkeypatch.setenv("GENESYS_CLIENT_SECRET", replay.client_secret)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield {"endpoint": facts["endpoint"], "conversation": conversations_of(read_recording(source))[0]}
    facts["stop"]()
    thread.join(20)
    assert not thread.is_alive()


def _invoke(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


def test_record_then_run(service: dict[str, Any], tmp_path: Path) -> None:
    """A recorded session is replayed without a difference, and the report says so."""
    done = _invoke(
        "record", "-c", service["conversation"], "--endpoint", service["endpoint"], "--name", "mine", "-o", "r"
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == "r/mine.rec.jsonl"
    done = _invoke("run", "--recording", "r", "--name", "again")
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == "reports/again/report.html"
    report = json.loads((tmp_path / "reports" / "again" / "report.json").read_text())
    assert report["parity"]["status"] == "equal"


def test_record_and_deliver(service: dict[str, Any], tmp_path: Path) -> None:
    """A recorded session can be delivered as well; one audit log is enough."""
    common = ("record", "-c", service["conversation"], "--endpoint", service["endpoint"], "--name", "mine", "-o", "r")
    assert _invoke(*common, "--deliver", "d", "--audit", "a.jsonl").exit_code == 2
    done = _invoke(*common, "--deliver", "d")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "r" / "mine.rec.jsonl").exists()
    kinds = {json.loads(line)["record"] for line in (tmp_path / "d" / "audit.jsonl").read_text().splitlines()}
    assert kinds == {"opened", "message", "delivery", "seal"}
    assert _invoke("record", "--listen", "127.0.0.1:0", "--deliver", "d", "-o", "r2").exit_code == 2


def test_run_live(service: dict[str, Any]) -> None:
    """A live service is followed without recording; the report has latencies and no parity."""
    done = _invoke("run", "--live", service["endpoint"], "-c", service["conversation"], "--name", "live", "--json")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert figures["parity"]["status"] == "n/a"
    report = json.loads(Path(figures["report"]).read_text())
    assert report["measurements"]["latency"]["message"]["n"] == report["verdicts"]["messages"]
    assert Path("reports/live/delivered.jsonl").exists()


def test_run_live_with_wrong_credentials(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused credentials are exit code 7, with one line."""
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", "wrong")
    done = _invoke("run", "--live", service["endpoint"], "-c", service["conversation"])
    assert done.exit_code == 7
    assert "GENESYS_CLIENT_SECRET" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["run"],
        ["run", "--live", "http://127.0.0.1:1", "--recording", "x"],
        ["run", "--live", "http://127.0.0.1:1"],
        ["run", "--recording", "x", "--speed", "fast"],
        ["run", "--recording", "x", "--speed", "-1"],
        ["run", "--recording", "x", "--name", "../up"],
        ["record"],
        ["record", "-c", "a", "-c", "b", "--name", "one"],
    ],
)
def test_usage(args: list[str]) -> None:
    """What cannot be meant is exit code 2, before anything is dialled or written."""
    done = _invoke(*args)
    assert done.exit_code == 2
    assert not Path("reports").exists()


def test_an_existing_recording_is_not_recorded_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is checked before the service is dialled: a session cannot be had again."""
    Path("r").mkdir()
    Path("r/a.rec.jsonl").write_text("mine")
    done = _invoke("record", "-c", "a", "-o", "r", "--endpoint", "http://127.0.0.1:1")
    assert done.exit_code == 2
    assert "does not exist yet" in done.stderr
    assert Path("r/a.rec.jsonl").read_text() == "mine"


def test_paced_replay_of_a_changed_recording(service: dict[str, Any]) -> None:
    """A replay that differs is exit code 1, at any speed, and says how many messages differ."""
    args = ["-c", service["conversation"], "--endpoint", service["endpoint"], "--name", "mine", "-o", "r"]
    assert _invoke("record", *args).exit_code == 0
    path = Path("r/mine.rec.jsonl")
    path.write_text(path.read_text().replace("Thank", "Thunk", 1))
    reseal(path)
    done = _invoke("run", str(path), "--speed", "1000")
    assert done.exit_code == 1
    assert "1 differing" in done.stderr


def test_demo(tmp_path: Path) -> None:
    """The demo prints its table, leaves its report, and may be run again over the old one."""
    first = CliRunner().invoke(demo, ["--speed", "300"])
    assert first.exit_code == 0, first.output
    assert "0 differing" in first.stdout
    done = CliRunner().invoke(demo, ["--speed", "300", "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert figures["parity"]["differing"] == 0
    assert (tmp_path / figures["report"]).exists()


def _modes(service: dict[str, Any], mode: str, *more: str) -> Result:
    if not Path("our.key").exists():
        new_key_file(Path("our.key"))
    at = ("--endpoint", service["endpoint"], "-c", service["conversation"], "--key-file", "our.key")
    return _invoke("run", "-r", "made.rec.jsonl", "--mode", mode, *at, *more)


def test_run_once_records_what_is_not_there(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run makes the recording through the replayer and replays it; the second reaches nothing live."""
    done = _modes(service, "once")
    assert (done.exit_code, done.stdout.strip()) == (0, "reports/run/report.html"), done.output
    assert "recorded: made.rec.jsonl" in done.stderr and "0 differing" in done.stderr
    monkeypatch.delenv("GENESYS_CLIENT_ID")
    done = _modes(service, "once")
    assert (done.exit_code, "recorded:" in done.stderr) == (0, False), done.output


def test_run_verify_compares_and_writes_nothing(service: dict[str, Any], source: Path) -> None:
    """A service that says the same is right; one message changed is told and is exit code 1."""
    made = Path("made.rec.jsonl")
    assert _modes(service, "rewrite").exit_code == 0
    before = made.read_bytes()
    done = _modes(service, "verify")
    assert (done.exit_code, made.read_bytes() == before) == (0, True), done.output


def test_run_verify_needs_the_key(service: dict[str, Any]) -> None:
    """Surrogates of another key can be compared with nothing: refused before anything is dialled."""
    assert _modes(service, "all").exit_code == 0
    for other in ((), ("--key-file", "other.key")):
        if other:
            new_key_file(Path("other.key"))
        done = _invoke("run", "-r", "made.rec.jsonl", "--mode", "verify", "--endpoint", "http://127.0.0.1:9", *other)
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.output
        assert "expected the key the recording was made with" in done.stderr


def test_run_verify_tells_what_differs(service: dict[str, Any]) -> None:
    """The recording says another thing than the service: named, exit code 1, and the file is left as it is."""
    made = Path("made.rec.jsonl")
    assert _modes(service, "all").exit_code == 0
    lines = made.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if '\\"type\\":\\"heartbeat' not in line]
    at = next(i for i, line in enumerate(kept) if '"dir":"in"' in line and '"kind":"ws.message"' in line)
    kept[at] = kept[at].replace("interaction_id", "interaction_ie")
    made.write_text("".join(kept), encoding="utf-8")
    reseal(made)
    before = made.read_bytes()
    done = _modes(service, "verify")
    assert (done.exit_code, made.read_bytes() == before) == (1, True), done.output
    assert "differs: connection 1, step " in done.stderr


@pytest.mark.parametrize(
    "arguments,words",
    [
        (["-r", "a.rec.jsonl", "-r", "b.rec.jsonl", "--mode", "once"], "one file NAME.rec.jsonl"),
        (["-r", "folder", "--mode", "all"], "one file NAME.rec.jsonl"),
        (["-r", "none.rec.jsonl", "--mode", "verify"], "record it first"),
        (["-r", "none.rec.jsonl", "--mode", "sometimes"], "none | once"),
        (["-r", "none.rec.jsonl", "--on-miss", "record"], "a recording that exists"),
    ],
)
def test_run_modes_that_do_not_go(arguments: list[str], words: str) -> None:
    """Each is refused with what is allowed."""
    done = _invoke("run", *arguments)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.output
    assert words in done.stderr


def test_run_mode_without_a_conversation(service: dict[str, Any]) -> None:
    """A recording that is to be made needs to know what to follow."""
    done = _invoke("run", "-r", "made.rec.jsonl", "--mode", "once", "--endpoint", service["endpoint"])
    assert done.exit_code == 2
    assert "--conversation" in done.stderr


def test_a_judge_by_option(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--judge NAME=SETTING`` names it in the report; without recorded answers it is degraded, and nobody is asked."""
    from harness.judges import FakeJudge
    from harness.session import judging

    asked: list[str] = []

    def load(setting: str, **_: object) -> FakeJudge:
        asked.append(setting)
        return FakeJudge()

    monkeypatch.setattr(judging, "load_judge", load)
    done = _invoke("run", "--recording", str(source), "--judge", "second=onnx:models/x", "--judge", "acme", "--json")
    report = json.loads(Path(json.loads(done.stdout)["report"]).read_text())
    assert asked == ["onnx:models/x", "acme"]
    assert [row["judge"] for row in report["judges"]] == ["second", "acme"]
    assert all(row["asked"] == row["degraded"] for row in report["judges"])


def test_run_on_workers(source: Path) -> None:
    """The same report from processes; a damaged recording goes into quarantine, and the exit code says so."""
    Path("corpus").mkdir()
    for name in ("a", "b"):
        Path(f"corpus/{name}.rec.jsonl").write_bytes(source.read_bytes())
    digests = []
    for more in ((), ("--workers", "2"), ("--resume",)):
        done = _invoke("run", "corpus", "--json", *more)
        assert done.exit_code == 0, done.output
        digests.append(json.loads(done.stdout)["digest"])
    assert len({*digests}) == 1
    assert not Path("reports/run/shards").exists()
    Path("corpus/b.rec.jsonl").write_bytes(source.read_bytes()[:-200])
    done = _invoke("run", "corpus", "--workers", "1")
    assert done.exit_code == 4, done.output
    assert "harness: b.rec.jsonl: in quarantine: it could not be replayed: b.rec.jsonl" in done.stderr
    assert "in quarantine: 1 recordings; --resume tries them again" in done.stderr
    assert Path("reports/run/shards").exists()
    done = _invoke("run", "corpus/a.rec.jsonl", "--workers", "1", "--resume")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.output
    assert "other recordings or labels" in done.stderr


@pytest.mark.parametrize(
    "arguments,words",
    [
        (["x", "--workers", "0"], "'--workers': 0 is not in the range 1<=x<=256"),
        (["--live", "http://127.0.0.1:9", "-c", "x", "--workers", "2"], "leave one of them out"),
        (["--live", "http://127.0.0.1:9", "-c", "x", "--resume"], "leave one of them out"),
    ],
)
def test_run_workers_that_do_not_go(arguments: list[str], words: str) -> None:
    """Each is refused with what is allowed."""
    done = _invoke("run", *arguments)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.output
    assert words in done.stderr
