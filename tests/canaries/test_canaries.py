"""Canaries through a live, recorded session: nothing of them is in anything the harness leaves.

1. Every way a service can say something is used: see ``WAYS``; the values' types are those that have rules.
2. Everything that is written is searched: recording, audit, deliveries, quarantine, reports, log at DEBUG, cassettes, what the
   tools print, tracebacks. Each file is listed.
3. The searcher must be able to fail: a value planted in each of those files is found.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import logging
import os
import traceback
import unittest.mock
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from harness.client import ClientOptions
from harness.clock import SystemClock, VirtualClock
from harness.dialects.mediation_addresses import resolve
from harness.errors import HarnessError
from harness.grounding import Checker
from harness.metrics.latency import LatencyBook
from harness.pipeline.policy import PipelinePolicy
from harness.recording.convert.har_export import to_har
from harness.recording.convert.vcr import to_vcr
from harness.recording.entry import WsMessage
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter
from harness.report.run import RunResult
from harness.report.write import write_report
from harness.session.conversions import redact_recording
from harness.session.corpus import policies_of, replay_corpus, report_replay
from harness.session.keys import Key
from harness.session.parts import Credentials, Tools
from harness.session.results import live_result
from harness.session.session import RecordTo, SessionPlan, SessionRun, run_session
from harness.session.store import Store
from harness.sinks.base import Parcel
from harness.sinks.callback import CallbackSink

KEY = Key("k1", b"c" * 32)
_NO_LOG = logging.getLogger("canaries.service")
_NO_LOG.disabled = True
Search = Callable[[bytes, Sequence[Any]], list[tuple[str, str]]]


@dataclass(slots=True)
class Plan:
    """What a service will do: refuse, then talk and close as often as there are segments."""

    refusals: list[str] = field(default_factory=list)
    segments: list[tuple[list[str | bytes | tuple[str, bytes]], str]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


class Talk:
    """Messages of one conversation, in order."""

    def __init__(self) -> None:
        self.seq = 0
        self.count = 0

    def message(self, type_: str, **fields: Any) -> str:
        self.seq += 1
        return json.dumps({"type": type_, "interaction_id": "i-1", "seq": self.seq, **fields})

    def said(self, text: str, **fields: Any) -> str:
        self.count += 1
        base = {"utterance_id": f"u{self.count}", "speaker": "customer", "text": text}
        return self.message("utterance", **(base | fields))

    def summary(self, pieces: Sequence[str], whole: str, **fields: Any) -> list[str]:
        self.count += 1
        name = f"s{self.count}"
        parts = [self.message("summary.delta", summary_id=name, index=i, text=p) for i, p in enumerate(pieces)]
        return [*parts, self.message("summary.completed", summary_id=name, summary=whole, **fields)]


def _text(talk: Talk, s: str) -> list[Any]:
    return [talk.said(s)]


def _interim(talk: Talk, s: str) -> list[Any]:
    base = {"utterance_id": f"v{talk.seq}"}
    return [
        talk.said(s[: len(s) // 2], is_final=False, revision=1, **base),
        talk.said(s, is_final=False, revision=2, **base),
        talk.said("never mind", is_final=True, revision=3, **base),
    ]


def _deltas(talk: Talk, s: str) -> list[Any]:
    cut = 3 + talk.seq % max(1, len(s) - 4)
    return [talk.said(s), *talk.summary([s[:cut], s[cut : cut + 2], s[cut + 2 :]], s)]


def _letters(talk: Talk, s: str) -> list[Any]:
    return talk.summary(list(s), s)


def _completed(talk: Talk, s: str) -> list[Any]:
    entity = {"type": "PERSON", "text": s, "confidence": 0.99}
    return [talk.said(s), *talk.summary([], s, reason=s, resolution=s, followups=[s], entities=[entity])]


def _error_type(talk: Talk, s: str) -> list[Any]:
    return talk.summary([], "", error_type=s)


def _key(talk: Talk, s: str) -> list[Any]:
    return [talk.said("hello", notes={s: {"deep": [s, {s: 1}]}})]


def _error(talk: Talk, s: str) -> list[Any]:
    return [talk.message("error", code="INTERNAL", message=s), talk.message("error", code=s, message="x")]


def _unknown(talk: Talk, s: str) -> list[Any]:
    return [talk.message("novel.kind", data=[s]), talk.message(s)]


def _cut_off(talk: Talk, s: str) -> list[Any]:
    return ['{"type":"utterance","text":"' + s, '{"text":"' + "".join(f"\\u{ord(c):04x}" for c in s) + '"', s]


def _wrong(talk: Talk, s: str) -> list[Any]:
    wrong = {"type": "utterance", "interaction_id": "i-1", "seq": s, "text": {"a": s}, "speaker": s}
    return [json.dumps(wrong), json.dumps([s]), json.dumps(s), json.dumps({"type": "subscribed", "x": s, "seq": -1})]


def _repeated(talk: Talk, s: str) -> list[Any]:
    once = talk.said("hello")
    return [once, json.dumps(json.loads(once) | {"text": s}), json.dumps({"interaction_id": "i-1", "summary": s})]


def _binary(talk: Talk, s: str) -> list[Any]:
    return [s.encode(), gzip.compress(s.encode()), s.encode("utf-16"), b"\xff" + s.encode()]


def _control(talk: Talk, s: str) -> list[Any]:
    return [("ping", s.encode()[:125]), ("pong", s.encode()[:125])]


TALKS = {
    "text": _text, "interim": _interim, "deltas": _deltas, "letter by letter": _letters,
    "completed": _completed, "error type": _error_type, "key": _key, "error": _error, "unknown": _unknown, "cut off": _cut_off,
    "wrong fields": _wrong, "repeated": _repeated, "binary": _binary, "control": _control,
}  # fmt: skip
WAYS = (*TALKS, "refusal", "close", "body", "header", "url")


def plan_of(canaries: Sequence[Any], shift: int) -> Plan:
    """Each canary goes its way, the ways in turn."""
    plan, talk = Plan(), Talk()
    current: list[Any] = [talk.message("subscribed", limits={})]
    for n, one in enumerate(canaries):
        way = WAYS[(n + shift) % len(WAYS)]
        if way in TALKS:
            current += TALKS[way](talk, one.sentence)
        elif way == "close":
            plan.segments.append((current, one.sentence))
            current = []
        else:
            {"refusal": plan.refusals, "body": plan.bodies, "header": plan.headers, "url": plan.paths}[way].append(
                one.sentence
            )
    plan.segments.append(
        ([*current, *[talk.said("bye") for _ in plan.bodies], talk.message("end", reason="completed")], "")
    )
    return plan


@contextlib.asynccontextmanager
async def service(plan: Plan) -> AsyncIterator[tuple[str, str, str]]:
    """A service made by hand: (token, gateway, stream) addresses."""
    refusals, segments, bodies = iter(plan.refusals), iter(plan.segments), iter(plan.bodies)
    headers = [("X-Note", text) for text in plan.headers] + [("Server", text) for text in plan.headers[:1]]

    def refuse(ws: ServerConnection, request: Request) -> Response | None:
        text = next(refusals, None)
        if text is None:
            return None
        answer = ws.respond(503, f"no: {text}\n")
        answer.headers["X-Reason"] = text
        answer.headers["Retry-After"] = "0"
        return answer

    async def talk(ws: ServerConnection) -> None:
        messages, reason = next(segments, ([], "over"))
        with contextlib.suppress(ConnectionClosed):
            await ws.recv()
            for message in messages:
                if isinstance(message, tuple):
                    await getattr(ws, message[0])(message[1])
                else:
                    await ws.send(message)
            if reason:
                await ws.close(4000, reason.encode()[:123].decode())
            await ws.wait_closed()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                sizes = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                await reader.readexactly(int(sizes[0].split(b":")[1]) if sizes else 0)
                status, body = _answer(
                    head.split(b" ")[1].decode(), next(bodies, "") if b"/token" not in head else plan.bodies[:1]
                )
                data = json.dumps(body).encode()
                lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(data)}"]
                lines += [f"{name}: {text}" for name, text in headers]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
                await writer.drain()
        writer.close()

    async with (
        serve(talk, "127.0.0.1", 0, process_request=refuse, logger=_NO_LOG) as stream,
        await asyncio.start_server(answer, "127.0.0.1", 0) as rest,
    ):
        port, stream_port = (server.sockets[0].getsockname()[1] for server in (rest, stream))
        way = "".join(f"/{quote(text)}" for text in plan.paths[:2])
        query = "?v=2&" + "&".join(f"q{n}={quote(text)}" for n, text in enumerate(plan.paths)) if plan.paths else ""
        base = f"http://127.0.0.1:{port}"
        yield f"{base}/token{query}", f"{base}{way}", f"ws://127.0.0.1:{stream_port}{way}/s{query}"


def _answer(path: str, text: Any) -> tuple[str, Any]:
    if "/token" in path:
        return "200 OK", {"access_token": "abc", "token_type": "bearer", "expires_in": 3600, "note": text}
    if path.endswith("/validate"):
        found = {"code": str(text)[:60], "field": "summary", "message": text}
        return "200 OK", {"valid": not text, "violations": [found] if text else []}
    if not text:
        return "400 Bad Request", {"message": "no"}
    if len(text) % 3 == 0:
        return "422 Unprocessable", {"message": text, "status": 422, text: text}
    return "201 Created", {
        "summary_id": "g1",
        "interaction_id": "i-1",
        "summary": text,
        "entities": [],
        "usage": {"tokens": 9},
    }


async def session(plan: Plan, folder: Path, name: str, tools: Tools, **changes: Any) -> SessionRun:
    """One live session, recorded, audited, delivered."""

    async def refuse(delivered: dict[str, Any]) -> None:
        raise ValueError(f"cannot take {delivered}")

    book = LatencyBook()
    async with (
        service(plan) as (token, gateway, stream),
        Store(folder / name, key=KEY, clock=SystemClock(), sinks=[CallbackSink(refuse)], drain_s=0.2) as store,
    ):
        settings: dict[str, Any] = {
            "addresses": resolve(token_url=token, gateway_url=gateway, stream_url=stream, allow_cross_host=True),
            "credentials": Credentials("id", SecretStr("very-secret-indeed")),
            "conversations": ["i-1"],
            "policy": replace(PipelinePolicy(), generate=1),
            "tools": tools,
            "clock": VirtualClock(auto=True),
            "stopwatch": SystemClock(),
            "options": ClientOptions(attempts=100),
            "record": RecordTo(path=folder / f"{name}.rec.jsonl", key=KEY),
            "store": store,
            "book": book,
        }
        run = await run_session(SessionPlan(**(settings | changes)))
    write_report(
        RunResult(name=name, mode="live", sessions=[live_result(name, run, None)], measurements=book),
        folder / f"report-{name}",
    )
    return run


class Failing:
    """A sink of the user's that breaks, and says all it knows."""

    name = "failing"

    async def deliver(self, parcel: Parcel) -> None:
        raise RuntimeError(f"broken by {parcel!r} {parcel.body}")


def leave_all(folder: Path, tools: Tools, recordings: Sequence[Path]) -> None:
    """Everything else the harness makes of recordings."""
    policy = PipelinePolicy()
    results = asyncio.run(replay_corpus(recordings, tools=tools, policy=policy, speed=None))
    report_replay(
        "replay", results, folder / "replay", policies=policies_of(tools, policy), book=None, virtual_time=True
    )
    for path in recordings:
        recording = read_recording(path)
        name = path.name.partition(".")[0]
        (folder / f"{name}.har").write_text(json.dumps(to_har(recording.header, recording.entries)[0]))
        (folder / f"{name}.vcr.yaml").write_text(to_vcr(recording.header, recording.entries)[0])
        redact_recording(path, folder / f"{name}.redacted.jsonl.gz")
        for verb, arguments in TOLD.items():
            module = __import__(f"harness.cli.{verb}", fromlist=["command"])
            done = CliRunner().invoke(module.command, [*arguments, str(path)])
            (folder / f"{name}.{verb}.txt").write_text(
                done.output + "".join(traceback.format_exception(done.exception))
            )


TOLD = {"cat": [], "info": [], "doctor": [], "scan": ["--strict"], "grep": ["e"]}


@contextlib.contextmanager
def log_to(path: Path) -> Iterator[None]:
    """The root logger and every other, at DEBUG."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def joined_pieces(folder: Path) -> bytes:
    """The deltas of every recording strung together: a value may not lie over two of them."""
    texts = []
    for path in sorted(folder.glob("*.rec.jsonl")):
        for entry in read_recording(path).entries:
            if isinstance(entry, WsMessage) and entry.text and '"summary.delta"' in entry.text:
                texts.append(json.loads(entry.text)["text"])
            elif isinstance(entry, WsMessage) and entry.text and '"utterance"' in entry.text:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    texts.append(json.loads(entry.text)["text"])
    return "".join(map(str, texts)).encode("utf-8", "replace")


def fly(folder: Path, canaries: Sequence[Any], tools: Tools) -> list[SessionRun]:
    """All canaries through sessions of forty, and what is left of them in ``folder``."""
    runs = []
    with log_to(folder / "debug.log"):
        for at in range(0, len(canaries), 40):
            plan = plan_of(canaries[at : at + 40], at // 40 * 7)
            runs.append(asyncio.run(session(plan, folder, f"live-{at:03d}", tools)))
        leave_all(folder, tools, [run.recording for run in runs if run.recording])
        (folder / "errors.txt").write_text(
            "\n".join("".join(traceback.format_exception(run.error)) for run in runs if run.error)
        )
        break_down(folder, canaries, tools)
    (folder / "pieces.txt").write_bytes(joined_pieces(folder))
    return runs


def break_down(folder: Path, canaries: Sequence[Any], tools: Tools) -> None:
    """What goes wrong tells of itself, but not of what it was about."""
    trouble: list[str] = []
    plan = plan_of([one for one in canaries for _ in WAYS][: 3 * len(WAYS)], 0)

    async def broken_sink() -> None:
        async with Store(folder / "broken", key=KEY, clock=SystemClock(), sinks=[Failing()], drain_s=0.2) as store:
            await session(plan, folder, "broken-sink", tools, store=store)

    async def full_disk() -> None:
        real = RecordingWriter.write

        def full(writer: RecordingWriter, *args: Any, **kwargs: Any) -> Any:
            log, writer._log._fd = writer._log._fd, os.open("/dev/full", os.O_WRONLY)
            try:
                return real(writer, *args, **kwargs)
            finally:
                os.close(writer._log._fd)
                writer._log._fd = log

        with unittest.mock.patch.object(RecordingWriter, "write", full):
            await session(plan, folder, "full-disk", tools)

    async def broken_checker() -> None:
        class Broken(Checker):
            def conversation(self, *args: Any, **kwargs: Any) -> Any:
                return unittest.mock.Mock(check=unittest.mock.Mock(side_effect=KeyError("broken")))

        await session(plan, folder, "broken-checker", Tools(tools.redactor, Broken()))

    for act in (broken_sink, full_disk, broken_checker):
        try:
            asyncio.run(act())
            trouble.append(f"{act.__name__}: went on\n")
        except (Exception, HarnessError) as error:  # noqa: BLE001 - whatever it is, its text is what is looked at
            trouble.append("".join(traceback.format_exception(error)))
    (folder / "tracebacks.txt").write_text("\n".join(trouble))


def files_of(folder: Path) -> list[Path]:
    """What is searched."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


EXPECTED = (
    "debug.log", "tracebacks.txt", "pieces.txt", "live-000.rec.jsonl", "live-000.har", "live-000.vcr.yaml", "live-000.redacted.jsonl.gz",
    "audit.jsonl", "quarantine.jsonl", "delivered.jsonl", "report.json", "report.md", "report.html", "results.jsonl",
    *(f"live-000.{verb}.txt" for verb in TOLD),
)  # fmt: skip


def check_flight(folder: Path, canaries: Sequence[Any], search: Search, runs: Sequence[SessionRun]) -> None:
    """Every file is there, none holds a canary, and a canary would be found in each of them."""
    files = files_of(folder)
    print("searched:", *(f"{path.relative_to(folder)} ({path.stat().st_size})" for path in files), sep="\n  ")
    assert [run.error for run in runs] == [None] * len(runs)
    names = {path.name for path in files}
    assert names >= set(EXPECTED)
    empty = {path.name for path in files if not path.stat().st_size and path.parent.name.startswith("live-")}
    assert empty <= {"delivered.jsonl"}
    assert {
        str(path.relative_to(folder)): found for path in files if (found := search(path.read_bytes(), canaries))
    } == {}
    for path in files:
        assert search(path.read_bytes()[:20_000] + canaries[0].sentence.encode(), canaries[:1]), path


def test_no_canary_is_left(
    tmp_path: Path, mint_canaries: Callable[..., list[Any]], search: Search, figure: Callable[[str, object], None]
) -> None:
    """Eighty values of all types, by all ways."""
    canaries = mint_canaries(80)
    runs = fly(tmp_path, canaries, Tools.default())
    check_flight(tmp_path, canaries, search, runs)
    figure("canaries: values / files searched (fast)", f"{len(canaries)} / {len(files_of(tmp_path))}")


@pytest.mark.prove
def test_no_canary_of_many_is_left(
    tmp_path: Path, mint_canaries: Callable[..., list[Any]], search: Search, figure: Callable[[str, object], None]
) -> None:
    """The same with 600, so that every type goes by every way."""
    canaries = mint_canaries(600, seed=23)
    runs = fly(tmp_path, canaries, Tools.default())
    check_flight(tmp_path, canaries, search, runs)
    figure("canaries: values / files searched (full)", f"{len(canaries)} / {len(files_of(tmp_path))}")


def test_a_value_split_at_every_place(tmp_path: Path, mint_canaries: Callable[..., list[Any]], search: Search) -> None:
    """A summary in two pieces, cut at every place of a sentence of each kind."""
    talk = Talk()
    messages: list[Any] = [talk.message("subscribed", limits={})]
    canaries = [
        next(one for one in mint_canaries(80) if one.type == type_)
        for type_ in ("PHONE", "EMAIL", "CREDIT_CARD", "CVV")
    ]
    for one in canaries:
        for cut in range(1, len(one.sentence)):
            messages += talk.summary([one.sentence[:cut], one.sentence[cut:]], "All is well.")
    plan = Plan(segments=[([*messages, talk.message("end", reason="completed")], "")])
    run = asyncio.run(session(plan, tmp_path, "cuts", Tools.default()))
    assert run.error is None
    (tmp_path / "pieces.txt").write_bytes(joined_pieces(tmp_path))
    assert {
        path.name: search(path.read_bytes(), canaries)
        for path in files_of(tmp_path)
        if search(path.read_bytes(), canaries)
    } == {}
    assert sum(len(outcome.spans) > 0 for outcome in run.outcomes) > 100


HIDES: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "base64": lambda text: b'{"body":"' + base64.b64encode(text.encode()) + b'"}',
    "gzip": lambda text: gzip.compress(b"x " + text.encode()),
    "base64 of gzip": lambda text: base64.b64encode(gzip.compress(text.encode())),
    "url": lambda text: b"/a?b=" + quote(text).encode(),
    "escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text).encode(),
    "escapes in base64": lambda text: base64.b64encode("".join(f"\\u{ord(char):04x}" for char in text).encode()),
    "capitals": lambda text: text.upper().encode(),
    "separators": lambda text: " ".join(text.replace("-", "")).encode(),
}


@pytest.mark.parametrize("hide", HIDES)
def test_the_searcher_finds_what_is_hidden(hide: str, mint_canaries: Callable[..., list[Any]], search: Search) -> None:
    """Every canary is found in every disguise, and in nothing else."""
    for one in mint_canaries(60):
        assert search(b'{"a":1}\n' + HIDES[hide](one.sentence) + b"\n", [one]), one
    assert search(b'{"a":1}', mint_canaries(60)) == []
