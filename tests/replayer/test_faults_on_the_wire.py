"""Every fault, as a client that sees frames sees it, and as the replay's own recording tells of it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.recording.entry import Unknown, WsMessage
from harness.recording.reader import Recording, read_recording
from harness.replayer.fault_words import parameters_of
from harness.replayer.faults import NAMES, parse_fault
from harness.replayer.rules import Rules
from harness.replayer.service import ReplayService

SUB: dict[str, Any] = {"type": "subscribe", "interaction_id": "i-1"}
LEAVE = {"type": "unsubscribe", "interaction_id": "i-1"}
ALL = list(range(1, 13))


class Played:
    """One or more connections a raw client made, the service, and its journal."""

    def __init__(self, service: ReplayService, heards: list[Any], journal: Recording) -> None:
        self.service = service
        self.heard, *self.more = heards
        self.journal = journal

    @property
    def logged(self) -> list[str]:
        return [entry.raw["name"] for entry in self.journal.entries if isinstance(entry, Unknown)]

    @property
    def messages(self) -> list[Any]:
        return [json.loads(text) for text in self.heard.texts]


@pytest.fixture
def faulty(served: Any, call: Any, raw: Any, tmp_path: Path) -> Callable[..., Played]:
    """``faulty("drop:code=1011", connections=2, until=12)``: play the call with a fault to a raw client."""

    numbers = itertools.count(1)

    def play(
        fault: str | list[str], *, connections: int = 1, until: int | None = 12, leave: bool = True, **options: Any
    ) -> Played:
        heards: list[Any] = []
        journal = tmp_path / f"own-{next(numbers)}.rec.jsonl"
        faults = [parse_fault(one) for one in ([fault] if isinstance(fault, str) else fault)]

        async def talk(client: Any) -> None:
            for number in range(connections):
                mine = raw(client.service, await client.fetch_token())
                if (await mine.open()).status == 101:
                    got = [s for heard in heards for s in _seqs(heard)]
                    mine.send({**SUB, "resume_after_seq": max(got)} if got else SUB)
                    heard = await mine.hear(until if number == connections - 1 else None)
                    if leave and heard.end == "open":
                        await client.post("/summaries/validate", {"interaction_id": "i-1", "summary": "x"})
                        mine.send(LEAVE)
                        mine.send((1000).to_bytes(2, "big"), 8)
                        await mine.hear()
                heards.append(mine.heard)
                await mine.close()

        service = served(talk, call(), faults=faults, seed=3, journal=journal, **options)
        return Played(service, heards, read_recording(journal))

    return play


def _sent_us(journal: Recording) -> list[int]:
    """When the service sent each message, by its own account: nothing a busy machine does later is in it."""
    return [entry.t for entry in journal.entries if isinstance(entry, WsMessage) and entry.dir == "in"]


def _seqs(heard: Any) -> list[int]:
    found = []
    for text in heard.texts:
        try:
            found.append(json.loads(text).get("seq", 0))
        except ValueError:
            continue
    return [seq for seq in found if isinstance(seq, int)]


@pytest.mark.parametrize("fault", NAMES)
def test_every_fault_is_logged_under_its_own_words(
    faulty: Any, served: Any, call: Any, fault: str, tmp_path: Path
) -> None:
    """Whatever the fault, the replay's own recording names it where it was played, and can be read again."""
    words = {"slow": "slow:ms=20", "stall": "stall:s=0.01", "closing": "closing:grace=0.01"}.get(fault, fault)
    if fault in ("429", "5xx", "slow", "rest_401_while_ws_alive"):
        played = faulty(words)
    else:
        played = faulty(words, until=None, connections=1, leave=False, patience_s=0.2)
    assert played.logged
    assert set(played.logged) == {words}
    kind, parameters = parameters_of(words)
    recorded = {entry.n for entry in call().entries}
    for entry in (entry for entry in played.journal.entries if isinstance(entry, Unknown)):
        told = {name: entry.raw[name] for name in ("fault", "parameters", "seed")}
        assert told == {"fault": kind, "parameters": parameters, "seed": 3}
        assert entry.raw["of"] in recorded
        assert entry.t >= 0


@pytest.mark.prove
def test_how_many_faults_are_seen_and_logged(faulty: Any, figure: Any) -> None:
    """Every one there is, played to a raw client, is in the replay's own recording."""
    seen = 0
    for fault in NAMES:
        words = {"slow": "slow:ms=20", "stall": "stall:s=0.01", "closing": "closing:grace=0.01"}.get(fault, fault)
        of_requests = fault in ("429", "5xx", "slow", "rest_401_while_ws_alive")
        more = {} if of_requests else {"until": None, "connections": 1, "leave": False, "patience_s": 0.2}
        seen += set(faulty(words, **more).logged) == {words}
    figure("faults on the wire with their log entry", f"{seen} of {len(NAMES)}")
    assert seen == len(NAMES)


def test_a_fault_names_the_entry_it_is_about(faulty: Any, call: Any) -> None:
    """``of`` is the number of the recorded entry, and the time is when it was played."""
    played = faulty("duplicate:at=count:3", speed=1)
    (logged,) = [entry for entry in played.journal.entries if isinstance(entry, Unknown)]
    third = [entry for entry in call().entries if getattr(entry, "dir", "") == "in"][2]
    assert logged.raw["of"] == third.n
    assert logged.t >= third.t - 10_000  # the recording's subscribe came 10 ms after its connection


def test_several_faults_at_once(faulty: Any) -> None:
    """Faults are put in one after the other, and each is in the journal."""
    played = faulty(["gap:at=count:2", "duplicate:at=type:end", "extra_field:at=type:subscribed"])
    assert played.heard.seqs == [1, *range(3, 13), 12]
    assert played.messages[0]["fault"] == "extra"
    assert sorted({name.partition(":")[0] for name in played.logged}) == ["duplicate", "extra_field", "gap"]


@pytest.mark.parametrize(
    "at,place", [("entry:7", 4), ("type:utterance,nth=3", 4), ("time:0.055", 4), ("count:4", 4), ("conn:w1,nth=4", 4)]
)
def test_places(faulty: Any, at: str, place: int) -> None:
    """A fault is put where it was asked for: by entry, by type and which of them, by time, by count."""
    played = faulty(f"extra_field:at={at}")
    assert [message["seq"] for message in played.messages if "fault" in message] == [place]


def test_the_seed_draws_the_place(served: Any, call: Any, raw: Any) -> None:
    """Without a place the seed decides: the same again with the same seed, and not always the same."""

    def drawn(seed: int) -> list[str]:
        heard: list[Any] = []

        async def talk(client: Any) -> None:
            mine = raw(client.service, client.token)
            await mine.open()
            mine.send(SUB)
            heard.append(await mine.hear(12))
            await mine.close()

        served(talk, call(), faults=[parse_fault("type_change")], seed=seed)
        return list(heard[0].texts)

    texts = [drawn(seed) for seed in (1, 1, 2, 3, 4)]
    assert texts[0] == texts[1]
    assert len({tuple(one) for one in texts}) > 1


def test_ids_of_the_client_are_not_in_the_journal(served: Any, tape: Any, sub: Any, raw: Any, tmp_path: Path) -> None:
    """An id bound into an answer is sent to the client; the journal keeps the recorded one."""
    recorded = tape("bound").opened().sends(sub("i-recorded"), 0).gets(sub("i-recorded", seq=1), 5)
    heard: list[Any] = []

    async def talk(client: Any) -> None:
        mine = raw(client.service, client.token)
        await mine.open()
        mine.send(sub("i-of-Ann-Smith"))
        heard.append(await mine.hear(1))
        await mine.close()

    journal = tmp_path / "own.rec.jsonl"
    served(talk, recorded, rules=Rules(bind=["/interaction_id"]), journal=journal, patience_s=0.2)
    assert json.loads(heard[0].texts[0])["interaction_id"] == "i-of-Ann-Smith"
    assert b"Ann-Smith" not in journal.read_bytes()
    assert read_recording(journal).header.redaction.state == "fictional"


CLOSES = [("1000", 1000), ("1001", 1001), ("1005", 1005), ("1011", 1011), ("4008", 4008)]


@pytest.mark.parametrize("code,seen", CLOSES)
def test_drop_with_a_close_frame(faulty: Any, code: str, seen: int) -> None:
    """A drop ends the connection with its code behind its message; the rest is played when the client comes back."""
    played = faulty(f"drop:code={code},at=type:utterance,nth=3", connections=2, until=8)
    assert played.heard.close == seen
    assert played.heard.seqs == [1, 2, 3, 4]
    assert played.more[0].seqs == [5, 6, 7, 8, 9, 10, 11, 12]
    assert played.service.unplayed() == []
    assert played.service.problems == []


@pytest.mark.parametrize("code,end", [("fin", "fin"), ("1006", "fin"), ("rst", "rst")])
def test_drop_without_a_close_frame(faulty: Any, code: str, end: str) -> None:
    """FIN and RST are told apart on the wire; neither brings a close frame."""
    played = faulty(
        f"drop:code={code},at=entry:9", connections=2, until=7 if code != "rst" else None, leave=code != "rst"
    )
    assert played.heard.end == end
    assert played.heard.close is None


def test_what_a_reset_took_is_sent_again(faulty: Any) -> None:
    """A client that says how far it got is sent all the rest, also what was on its way when the line was cut."""
    played = faulty("drop:code=fin,at=type:summary.completed", connections=2, until=1)
    assert played.heard.seqs == list(range(1, 12))
    assert played.more[0].seqs == [12]


def test_refused_reconnects(faulty: Any) -> None:
    """After the cut so many handshakes are refused, then the rest is played."""
    played = faulty("refuse_reconnect:n=2,at=count:6", connections=4, until=6)
    assert [heard.status for heard in played.more] == [503, 503, 101]
    assert played.more[-1].seqs == [7, 8, 9, 10, 11, 12]


def test_restart(faulty: Any) -> None:
    """A restart says 1012, is away for a while, and is back."""
    played = faulty("restart:at=count:2", connections=3, until=10)
    assert played.heard.close == 1012
    assert [heard.status for heard in played.more] == [503, 101]


def test_accept_then_close(faulty: Any) -> None:
    """Connections are accepted and closed before anything was said."""
    played = faulty("accept_then_close:n=2,code=1001", connections=3)
    assert [heard.close for heard in (played.heard, played.more[0])] == [1001, 1001]
    assert played.more[1].seqs == ALL


def test_stall(faulty: Any) -> None:
    """The service is silent for so long, at any speed, and then goes on."""
    played = faulty("stall:s=1,at=count:4")
    sent_us = _sent_us(played.journal)
    assert sent_us[3] - sent_us[2] >= 500_000
    assert played.heard.seqs == ALL


@pytest.mark.parametrize("fault,answered", [("no_pong:at=count:1", False), ("extra_field:at=count:1", True)])
def test_no_pong(served: Any, call: Any, raw: Any, fault: str, answered: bool) -> None:
    """The client's pings go unanswered, and only with this fault."""
    heard: list[Any] = []

    async def talk(client: Any) -> None:
        mine = raw(client.service, client.token)
        await mine.open()
        mine.send(SUB)
        await mine.hear(12)
        mine.send(b"are you there", 9)
        with pytest.MonkeyPatch.context():
            try:
                async with asyncio.timeout(30 if answered else 0.3):
                    await mine.hear(13)
            except TimeoutError:
                pass
        heard.append(mine.heard)
        await mine.close()

    served(talk, call(), faults=[parse_fault(fault)])
    assert [payload for _, opcode, payload in heard[0].frames if opcode == 10] == (
        [b"are you there"] if answered else []
    )


def test_a_silent_stall(served: Any, call: Any, raw: Any, tmp_path: Path) -> None:
    """While a silent stall lasts not even a ping is answered; then the rest comes."""
    heard: list[Any] = []

    async def talk(client: Any) -> None:
        mine = raw(client.service, client.token)
        await mine.open()
        mine.send(SUB)
        await mine.hear(3)
        mine.send(b"are you there", 9)
        heard.append(await mine.hear(12))
        await mine.close()

    journal = tmp_path / "silent.rec.jsonl"
    served(talk, call(), faults=[parse_fault("stall:s=1,silent=yes,at=count:4")], journal=journal)
    assert [opcode for _, opcode, _ in heard[0].frames] == [1] * 12
    sent_us = _sent_us(read_recording(journal))
    assert sent_us[3] - sent_us[2] >= 500_000


def test_slow_read(served: Any, call: Any, raw: Any) -> None:
    """What the client sends is not read for so long."""
    waited: list[float] = []

    async def talk(client: Any) -> None:
        mine = raw(client.service, client.token)
        await mine.open()
        mine.send(SUB)
        await mine.hear(12)
        began = asyncio.get_running_loop().time()
        mine.send(b"", 9)
        await mine.hear(13)
        waited.append(asyncio.get_running_loop().time() - began)
        await mine.close()

    served(talk, call(), faults=[parse_fault("slow_read:ms=1000,at=count:12")])
    assert waited[0] > 0.2


def test_ping_storm(faulty: Any) -> None:
    """So many pings come at once, between the messages."""
    played = faulty("ping_storm:n=200,at=count:3", until=212)
    assert [opcode for _, opcode, _ in played.heard.frames][:204] == [1, 1, *[9] * 200, 1, 1]
    assert played.heard.seqs == ALL


def test_closing(faulty: Any) -> None:
    """The service announces its close in the order of messages, waits for the grace, closes with 1001."""
    played = faulty("closing:grace=0.2,at=count:5", connections=2, until=7)
    assert played.messages[-1] == {"type": "closing", "interaction_id": "i-1", "grace_s": 0.2, "seq": 6}
    assert played.heard.close == 1001
    assert played.heard.times[-1] - played.heard.times[-2] >= 0.1
    assert played.more[0].seqs == [7, 8, 9, 10, 11, 12, 13]


def test_an_expired_token(served: Any, call: Any, raw: Any) -> None:
    """The connection ends with 4401, the token is refused from then on, a new one is taken."""
    statuses: list[int] = []

    async def talk(client: Any) -> None:
        mine = raw(client.service, client.token)
        await mine.open()
        mine.send(SUB)
        assert (await mine.hear()).close == 4401
        await mine.close()
        statuses.append((await mine.open()).status)
        await mine.close()
        mine.token = await client.fetch_token()
        statuses.append((await mine.open()).status)
        await mine.close()

    served(talk, call(), faults=[parse_fault("token_expired:at=count:3")])
    assert statuses == [401, 101]


def test_a_revoked_token(served: Any, call: Any, raw: Any) -> None:
    """The stream goes on, the gateway refuses the token."""
    seen: list[Any] = []

    async def talk(client: Any) -> None:
        mine = raw(client.service, client.token)
        await mine.open()
        mine.send(SUB)
        seen.append((await mine.hear(12)).seqs)
        seen.append((await client.post("/summaries/validate", {"interaction_id": "i-1", "summary": "x"})).status_code)
        await mine.close()

    served(talk, call(), faults=[parse_fault("token_revoked:at=count:3")])
    assert seen == [ALL, 401]


@pytest.mark.parametrize("status", [401, 403, 429])
def test_refused_handshakes(faulty: Any, status: int) -> None:
    """A handshake is refused with its status, and the next one is not."""
    played = faulty(f"handshake_{status}:retry_after=7", connections=2)
    assert played.heard.status == status
    assert played.heard.headers["retry-after"] == "7"
    assert played.more[0].seqs == ALL


@pytest.mark.parametrize("given,sent", [("none", None), ("long", "3600"), ("date", "gmt"), ("2", "2")])
def test_retry_after_of_a_handshake(faulty: Any, given: str, sent: str | None) -> None:
    """A refused handshake has Retry-After in all of its forms."""
    found = faulty(f"handshake_429:retry_after={given}", connections=2).heard.headers.get("retry-after")
    assert found is None if sent is None else found is not None and found.endswith(sent)


@pytest.mark.parametrize(
    "fault,statuses,after",
    [
        ("429:retry_after=3", [429, 200], "3"),
        ("429:retry_after=none", [429, 200], None),
        ("429:retry_after=long", [429, 200], "3600"),
        ("429:retry_after=date", [429, 200], "GMT"),
        ("5xx:n=2,status=502", [502, 502, 200], None),
        ("rest_401_while_ws_alive", [401, 200], None),
        ("slow:ms=200,at=path:/validate", [200], None),
    ],
)
def test_faults_of_requests(served: Any, call: Any, fault: str, statuses: list[int], after: str | None) -> None:
    """So many answers go wrong, with their Retry-After; then comes the recorded one."""
    got: list[httpx.Response] = []
    took: list[float] = []

    async def talk(client: Any) -> None:
        for _ in statuses:
            began = asyncio.get_running_loop().time()
            got.append(await client.post("/summaries/validate", {"interaction_id": "i-1", "summary": "x"}))
            took.append(asyncio.get_running_loop().time() - began)

    service = served(talk, call(), faults=[parse_fault(fault)])
    assert [response.status_code for response in got] == statuses
    assert (after or "") in got[0].headers.get("retry-after", "")
    assert ("retry-after" in got[0].headers) == (after is not None)
    assert took[0] > 0.19 or not fault.startswith("slow")
    assert service.problems == []


ORDERS = [
    ("duplicate:at=count:3", [1, 2, 3, 3, *range(4, 13)]),
    ("duplicate:at=count:3,n=2", [1, 2, 3, 3, 3, *range(4, 13)]),
    ("gap:at=count:3,n=2", [1, 2, *range(5, 13)]),
    ("late_after_end:at=count:3", [1, 2, *range(4, 13), 3]),
    ("missing_end", list(range(1, 12))),
    ("summary_missing", [*range(1, 8), 12]),
    ("summary_late:at=count:3,by=2", [1, 2, 4, 5, 3, *range(6, 13)]),
    ("summary_late", [*range(1, 11), 12, 11]),
    ("burst:at=count:2,n=5", ALL),
]


@pytest.mark.parametrize("fault,seqs", ORDERS)
def test_faults_of_order(faulty: Any, fault: str, seqs: list[int]) -> None:
    """Messages come twice, never, late or in another order, exactly as asked for."""
    played = faulty(fault, until=len(seqs))
    assert played.heard.seqs == seqs
    assert played.service.unplayed() == []
    assert played.service.problems == []


def test_reorder_is_drawn_from_the_seed(faulty: Any) -> None:
    """The messages of the window change places, and no other."""
    played = faulty("reorder:window=4,at=count:3")
    assert played.heard.seqs[:2] == [1, 2]
    assert sorted(played.heard.seqs[2:6]) == [3, 4, 5, 6] != played.heard.seqs[2:6]
    assert played.heard.seqs[6:] == ALL[6:]


def test_a_burst_comes_at_once(faulty: Any) -> None:
    """At a tenth of the recorded speed the messages of a burst come together, the others one by one."""
    played = faulty("burst:at=count:2,n=6", speed=0.1)
    gaps = [b - a for a, b in zip(played.heard.times, played.heard.times[1:], strict=False)]
    assert max(gaps[1:6]) < max(gaps[6:])


def bad(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refused)
    except ValueError:
        return True
    return False


def _refused(_: str) -> None:
    raise ValueError


CONTENTS: list[tuple[str, Callable[[str], bool]]] = [
    ("malformed_json", bad),
    ("non_object", lambda text: isinstance(json.loads(text), list)),
    ("nan", lambda text: "NaN" in text and bad(text)),
    ("deep:depth=500", lambda text: "[" * 500 in text),
    ("huge_int:digits=300", lambda text: "9" * 300 in text),
    ("lone_surrogate", lambda text: "\\ud800" in text),
    ("duplicate_keys", lambda text: text.count('"fault"') == 2),
    ("oversize:bytes=100000", lambda text: 99_990 < len(text) < 100_010),
    ("extra_field", lambda text: json.loads(text).get("fault") == "extra"),
    ("missing_field:field=text", lambda text: "text" not in json.loads(text)),
    ("unknown_enum", lambda text: json.loads(text)["speaker"] == "supervisor"),
    ("type_change:field=seq", lambda text: json.loads(text)["seq"] == "3"),
    ("type_change:field=text", lambda text: json.loads(text)["text"] == ["line 3"]),
    ("partial_never_final", lambda text: json.loads(text)["is_final"] is False),
    ("error_type", lambda text: json.loads(text).get("error_type") == "GENERATION_FAILED"),
]


@pytest.mark.parametrize("fault,is_so", CONTENTS)
def test_faults_of_content(faulty: Any, fault: str, is_so: Callable[[str], bool]) -> None:
    """One message is not what it was, the others are."""
    name, _, rest = fault.partition(":")
    played = faulty(f"{name}:at=count:3" + ("," + rest if rest else ""))
    texts = played.heard.texts
    assert is_so(texts[2])
    assert not is_so(texts[1])
    assert [json.loads(text)["seq"] for text in texts[3:]] == ALL[3:]


def test_faults_of_frames(faulty: Any) -> None:
    """Bad UTF-8 is one text frame, binary a binary one, a fragmented message so many frames."""
    fin, opcode, payload = faulty("bad_utf8:at=count:3").heard.frames[2]
    assert (fin, opcode) == (True, 1)
    with pytest.raises(UnicodeDecodeError):
        payload.decode()


def test_a_binary_frame(faulty: Any) -> None:
    """The message comes with the same bytes in a binary frame."""
    fin, opcode, payload = faulty("binary:at=count:3").heard.frames[2]
    assert (fin, opcode, json.loads(payload)["seq"]) == (True, 2, 3)


@pytest.mark.parametrize("pieces", [2, 5])
def test_fragments(faulty: Any, pieces: int) -> None:
    """The message comes in so many frames: text, continuations, the last one final."""
    frames = faulty(f"fragment:at=count:3,n={pieces}", until=11 + pieces).heard.frames[2 : 2 + pieces]
    assert [(fin, opcode) for fin, opcode, _ in frames] == [
        (False, 1),
        *[(False, 0)] * (pieces - 2),
        (True, 0),
    ]
    assert json.loads(b"".join(payload for *_, payload in frames))["seq"] == 3


def test_rechunk(faulty: Any) -> None:
    """The summary's pieces are cut elsewhere and say the same in all."""
    played = faulty("rechunk:boundaries=1+12")
    assert [message["text"] for message in played.messages if message["type"] == "summary.delta"] == [
        "A",
        "gent solved",
        " it.",
    ]
