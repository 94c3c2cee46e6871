"""The HTTP side, without sockets."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from harness.dialects.mediation import MediationDialect
from harness.errors import ReplayError, UnexpectedMessage
from harness.recording.entry import AnyEntry, HttpChunk, HttpError, HttpRequest, HttpResponse, Play
from harness.replayer.match import Level
from harness.replayer.rest import RestDesk, exchanges_of, replayed_headers
from harness.replayer.route import template
from harness.replayer.tokens import Tokens
from harness.wire.serve_http import Answer, Call

SUMMARIES = "/api/v2/ai-gateway/summaries"


class Desk:
    """A desk under test: its problems and its waits are kept."""

    def __init__(self, *tapes: Any, **options: Any) -> None:
        self.problems: list[ReplayError] = []
        self.waits: list[tuple[int, int]] = []
        self.tokens = Tokens()
        self.desk = RestDesk(
            [exchange for tape in tapes for exchange in exchanges_of(tape.name, tape.entries)],
            tokens=self.tokens,
            client_id="id",
            client_secret="secret",
            conversation_of=MediationDialect().conversation_of,
            wait=self._wait,
            hold=self._hold,
            now_ns=lambda: 5,
            problem=self.problems.append,
            **options,
        )

    async def _wait(self, began_ns: int, distance_us: int) -> None:
        self.waits.append((began_ns, distance_us))

    async def _hold(self, until_ns: int) -> None:
        self.waits.append((until_ns, 0))

    def call(self, path: str, body: Any = b"", method: str = "POST", query: str = "", **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("authorization", f"Bearer {self.tokens.mint()}")
        return asyncio.run(self.desk.answer(Call(method=method, path=path, query=query, headers=headers, body=raw)))

    def token(self, authorization: str, body: bytes = b"grant_type=client_credentials", method: str = "POST") -> Answer:
        return self.call("/oauth/token", body, method, authorization=authorization)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def decoded(answer: Answer) -> Any:
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


def test_tokens_are_minted() -> None:
    """Each request gets a token of its own, which is accepted afterwards."""
    desk = Desk()
    first, second = (decoded(desk.token(basic("id:secret"))) for _ in range(2))
    assert first["access_token"] != second["access_token"]
    assert (first["token_type"], first["expires_in"]) == ("bearer", 3600)
    assert desk.tokens.accepts(f"bearer {first['access_token']}")
    assert not desk.tokens.accepts(f"Basic {first['access_token']}")
    assert not desk.tokens.accepts("Bearer other")


@pytest.mark.parametrize(
    "authorization",
    [
        basic("id:wrong"),
        basic("id"),
        "",
        "Basic ***",
        "Basic é",
        "Bearer x",
        "Basic " + basic("id:secret")[6:].rstrip("=")[:-1],
    ],
)
def test_wrong_credentials(authorization: str) -> None:
    """Whatever is wrong with them, the answer is 401 invalid_client."""
    answer = Desk().token(authorization)
    assert (answer.status, decoded(answer)) == (401, {"error": "invalid_client"})


def test_only_client_credentials() -> None:
    """Other grants and other methods are refused."""
    desk = Desk()
    assert desk.token(basic("id:secret"), b"grant_type=password").status == 400
    assert desk.token(basic("id:secret"), b"\xff").status == 400
    assert desk.token(basic("id:secret"), method="GET").status == 405


@pytest.mark.parametrize(
    "answer, seconds",
    [
        ({"expires_in": 120}, 120),
        ({"expires_in": True}, 3600),
        ({"expires_in": -1}, 3600),
        ([], 3600),
        ("{", 3600),
        ([[]], 3600),
    ],
)
def test_expires_in_is_the_recorded_one(tape: Any, answer: Any, seconds: int) -> None:
    """If it is a positive number."""
    made = tape().asks("/oauth/token", None, [answer] if isinstance(answer, list) else answer, service="token")
    desk = Desk(made)
    assert decoded(desk.token(basic("id:secret")))["expires_in"] == seconds
    assert desk.desk.unplayed() == []


def test_a_recorded_answer(tape: Any) -> None:
    """Status, headers and body come back as recorded; hop-by-hop headers, lengths and encodings do not."""
    headers = (
        ("Content-Type", "application/json"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "9"),
        ("content-encoding", "gzip"),
        ("retry-after", "3"),
        ("bad\r\nname", "x"),
        ("bad-value", "x\r\nset: y"),
    )
    desk = Desk(tape().asks(SUMMARIES, {"a": 1}, {"ok": True}, 100, status=201, headers=headers))
    answer = desk.call(SUMMARIES, {"a": 1})
    assert (answer.status, decoded(answer)) == (201, {"ok": True})
    assert list(answer.headers) == [("Content-Type", "application/json"), ("retry-after", "3")]
    assert desk.problems == []
    assert desk.desk.unplayed() == []
    assert desk.waits == [(5, 10_000), (5, 10_000)]


def test_encoded_bytes_keep_their_encoding() -> None:
    """Only what was stored decoded loses its content-encoding."""
    assert replayed_headers([("content-encoding", "gzip")], decoded=False) == [("content-encoding", "gzip")]


def test_pieces_are_paced(tape: Any) -> None:
    """A body in pieces is sent in pieces, each at its recorded distance from the request."""
    desk = Desk(tape().asks(SUMMARIES, {"a": 1}, ["one", "two"], 100))
    answer = desk.call(SUMMARIES, {"a": 1})
    assert isinstance(answer.body, AsyncIterator)
    body = answer.body

    async def read() -> list[bytes]:
        return [piece async for piece in body]

    assert asyncio.run(read()) == [b"one", b"two"]
    assert [distance for _, distance in desk.waits] == [10_000, 10_000, 20_000]


def test_the_kth_identical_one(tape: Any) -> None:
    """The k-th request takes the k-th exchange; one more is a problem, not a repetition."""
    desk = Desk(tape().asks(SUMMARIES, {"a": 1}, {"n": 1}).asks(SUMMARIES, {"a": 1}, {"n": 2}))
    assert [decoded(desk.call(SUMMARIES, {"a": 1}))["n"] for _ in range(2)] == [1, 2]
    assert desk.call(SUMMARIES, {"a": 1}).status == 404
    (problem,) = desk.problems
    assert "POST /api/v2/ai-gateway/summaries once more" in str(problem)


def test_an_unrecorded_request(tape: Any) -> None:
    """404, and a problem with the nearest exchange and what differs; the exchange stays free."""
    desk = Desk(tape().asks(SUMMARIES, {"a": "x", "b": 1}, {"n": 1}))
    answer = desk.call(SUMMARIES, {"a": "secret text", "b": 1})
    assert (answer.status, decoded(answer)["code"]) == (404, "not.recorded")
    (problem,) = desk.problems
    assert isinstance(problem, UnexpectedMessage)
    assert problem.nearest == "one: POST /api/v2/ai-gateway/summaries (entry 1)"
    assert problem.differences == ("/a: another string",)
    assert "secret" not in str(problem)
    assert desk.desk.unplayed() == ["one: POST /api/v2/ai-gateway/summaries (entry 1)"]


@pytest.mark.parametrize(
    "method, path, query", [("POST", "/Ann", ""), ("GET", SUMMARIES, ""), ("POST", SUMMARIES, "a=1")]
)
def test_an_unrecorded_route(tape: Any, method: str, path: str, query: str) -> None:
    """Method, path and query keys make the route; the path of the client is not shown."""
    desk = Desk(tape().asks(SUMMARIES, None, {}))
    assert desk.call(path, method=method, query=query).status == 404
    assert "request to a route not recorded" in str(desk.problems[0])
    assert "Ann" not in str(desk.problems[0])


def test_lenient(tape: Any) -> None:
    """A differing body is answered as its nearest within the conversation, never across."""
    made = tape().asks(SUMMARIES, {"interaction_id": "i", "a": 1}, {"n": 1})
    desk = Desk(made, lenient=True)
    assert desk.call(SUMMARIES, {"interaction_id": "other", "a": 1}).status == 404
    assert decoded(desk.call(SUMMARIES, {"interaction_id": "i", "a": 2})) == {"n": 1}
    assert len(desk.problems) == 2


def test_conversations_do_not_mix(tape: Any) -> None:
    """Bodies alike but for what is ignored go to the exchange of their own conversation."""
    play = Play(ignore=("/context",))
    tapes = [
        tape(name).asks(SUMMARIES, {"interaction_id": name, "context": "x"}, {"from": name}, play=play) for name in "ab"
    ]
    desk = Desk(*tapes)
    assert decoded(desk.call(SUMMARIES, {"interaction_id": "b", "context": "y"})) == {"from": "b"}
    assert desk.problems == []


def test_levels(tape: Any) -> None:
    """The level decides what a body may look like; bytes are compared as they are."""
    desk = Desk(tape().asks(SUMMARIES, {"a": 1}, {"n": 1}), level=Level.SCHEMA)
    assert desk.call(SUMMARIES, {"a": 2}).status == 200
    assert Desk(tape().asks(SUMMARIES, {"a": 1}, {})).call(SUMMARIES, b"\xff\xfe").status == 404


def test_optional_exchanges_are_not_missed(tape: Any) -> None:
    """An exchange that may stay unplayed is not listed."""
    assert Desk(tape().asks(SUMMARIES, None, {}, play=Play(optional=True))).desk.unplayed() == []


def test_a_token_is_needed(tape: Any) -> None:
    """Gateway routes answer 401 to a token of elsewhere, and nothing is taken."""
    desk = Desk(tape().asks(SUMMARIES, None, {}))
    assert desk.call(SUMMARIES, authorization="Bearer x").status == 401
    assert len(desk.desk.unplayed()) == 1
    assert desk.problems == []


def test_another_base_address(tape: Any) -> None:
    """What was recorded under another gateway address is found by what follows the address."""
    desk = Desk(tape().asks("/gw/summaries/validate", None, {"valid": True}))
    assert desk.call(SUMMARIES).status == 404
    assert desk.call(f"{SUMMARIES}/validate").status == 200


def test_ids_in_paths_do_not_count(tape: Any) -> None:
    """A path is compared as a template."""
    path = "/api/v2/x/0f8fad5b-d9cb-469f-a165-70867728950e/12/01ARZ3NDEKTSV4RRFFQ69G5FAV/abcdef0123456789/name"
    assert template(path) == "/api/v2/x/{id}/{id}/{id}/{id}/name"
    assert Desk(tape().asks("/c/12", None, {})).call("/c/34").status == 200


@pytest.mark.parametrize("status", [None, 101, 999])
def test_no_sound_response(status: int | None) -> None:
    """A transport error, or a status HTTP does not have, is answered with 502."""

    class Made:
        name = "one"
        entries: list[Any] = [HttpRequest(n=1, t=0, service="gateway", conn="h", method="POST", url=SUMMARIES)]

    made = Made()
    if status is not None:
        made.entries = [*made.entries, HttpResponse(n=2, t=0, conn="h", re=1, status=status)]
    assert Desk(made).call(SUMMARIES).status == 502


def test_exchanges_are_put_together() -> None:
    """Pieces belong to the request or response they name, else to the latest response of their connection."""
    request = HttpRequest(n=1, t=0, service="gateway", conn="h", method="GET", url="/x")
    entries: list[AnyEntry] = [
        request,
        HttpResponse(n=2, t=1, conn="h", re=1, status=200),
        HttpChunk(n=3, t=2, conn="h", re=1, text="a"),
        HttpChunk(n=4, t=3, conn="h", re=2, base64="Yg=="),
        HttpChunk(n=5, t=4, conn="h", text="c"),
        HttpChunk(n=6, t=4, conn="h", final=True),
        HttpRequest(n=7, t=5, service="gateway", conn="h", method="GET", url="/y"),
        HttpError(n=8, t=6, conn="h", re=7, error="reset"),
        HttpChunk(n=9, t=7, conn="h", text="stray"),
        HttpResponse(n=10, t=8, conn="h", re=99, status=200),
        HttpError(n=11, t=8, conn="h", re=99, error="reset"),
    ]
    first, second = exchanges_of("one", entries)
    assert b"".join(piece.data for piece in first.pieces) == b"abc"
    assert (second.response, second.pieces) == (None, [])
