"""The HTTP side of a replay: the OAuth token endpoint and the AI gateway, from recorded exchanges.

1. ``POST /oauth/token``: HTTP Basic and the form grant_type=client_credentials (RFC 6749 4.4). Every token is
   minted here at random; nothing recorded is a token. ``expires_in`` is the recorded one, else 3600.
2. Everything else needs a token minted here, and is answered from the recording or not at all: 404 and a problem.
3. An exchange is found by method, path (ids in it do not count) and body (level and ``play.ignore``), within the
   conversation the body names; the k-th request takes the k-th exchange that fits.
4. Lenient: a request that differs from every untaken exchange of its path and conversation is answered as the
   nearest of them, and is a problem all the same.
5. Hop-by-hop headers (RFC 9110 7.6.1) and lengths are not repeated; text bodies were stored decoded, so their
   content-encoding is not either. At a numeric speed, response and pieces keep their recorded distance.
6. A recorded transport error is answered with 502.
7. With ``loop`` the exchange that fits and was taken least often answers; bound ids are put into what is answered.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from harness.errors import ReplayError, UnexpectedMessage
from harness.recording.entry import HttpRequest
from harness.replayer.exchanges import Exchange, Piece, exchanges_of
from harness.replayer.match import Candidate, Level, nearest
from harness.replayer.route import query_names, template
from harness.replayer.rules import NO_RULES, Bound, Rules, Sessions
from harness.replayer.tokens import Tokens
from harness.wire.serve_http import Answer, Call

__all__ = ["GATEWAY_PATH", "TOKEN_PATH", "Exchange", "RestDesk", "exchanges_of", "replayed_headers"]

TOKEN_PATH = "/oauth/token"
GATEWAY_PATH = "/api/v2/ai-gateway"

_DROPPED = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    "transfer-encoding upgrade content-length date server set-cookie".split()
)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 5.6.2
_FIELD = re.compile(r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")  # RFC 9110 5.5


class RestDesk:
    """Answers HTTP requests.

    Args:
        exchanges: of all recordings, in order.
        tokens: mints and checks access tokens.
        client_id: the only client there is.
        client_secret: its secret.
        conversation_of: the interaction id in a body, or None.
        wait: sleeps until (live start in ns) + (recorded distance in us), as the speed has it.
        hold: sleeps until a time in ns, at any speed.
        answered: is told of every exchange that was taken.
        now_ns: the time.
        problem: is told of every failure.
        level: how narrowly bodies are compared.
        lenient: rule 4.
        loop: rule 7.
        rules: what comparisons let pass.
        sessions: the ids captured so far.
    """

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        *,
        tokens: Tokens,
        client_id: str,
        client_secret: str,
        conversation_of: Callable[[str], str | None],
        wait: Callable[[int, int], Awaitable[None]],
        hold: Callable[[int], Awaitable[None]],
        answered: Callable[[Exchange], None] = lambda _: None,
        now_ns: Callable[[], int],
        problem: Callable[[ReplayError], None],
        level: Level = Level.STRICT,
        lenient: bool = False,
        loop: bool = False,
        rules: Rules = NO_RULES,
        sessions: Sessions | None = None,
    ) -> None:
        self._loop = loop
        self._rules = rules
        self._sessions = sessions or Sessions()
        self._exchanges = [exchange for exchange in exchanges if exchange.request.service == "gateway"]
        self._about: dict[str | None, list[Exchange]] = {}
        for exchange in self._exchanges:
            body = exchange.request.body
            self._about.setdefault(conversation_of(body) if body else None, []).append(exchange)
        self._expires_in = _expires_in(exchanges)
        self._tokens = tokens
        self._credentials = f"{client_id}:{client_secret}".encode()
        self._conversation_of = conversation_of
        self._wait = wait
        self._hold = hold
        self._answered = answered
        self._now_ns = now_ns
        self._problem = problem
        self._level = level
        self._lenient = lenient

    def unplayed(self) -> list[str]:
        """The exchanges nobody asked for and that are not optional, as labels."""
        return [exchange.label for exchange in self._exchanges if not (exchange.takes or exchange.optional)]

    def knows(self, call: Call) -> bool:
        """True if ``call`` would be answered from the recording, or be refused for its token."""
        if call.path == TOKEN_PATH or not self._tokens.accepts(call.headers.get("authorization", ""), call.query):
            return True
        left, body, _, bound = self._candidates(call)
        best = nearest(body, [_candidate(e) for e in left], level=self._level, rules=self._rules, bound=bound)
        return best is not None and not best.differences

    async def answer(self, call: Call) -> Answer:
        """What ``call`` gets."""
        if call.path == TOKEN_PATH:
            return self._token(call)
        if not self._tokens.accepts(call.headers.get("authorization", ""), call.query):
            return _json(401, {"code": "bad.credentials", "status": 401, "message": "unknown access token"})
        began_ns = self._now_ns()
        found = self._take(call)
        if found is None:
            return _json(404, {"code": "not.recorded", "status": 404, "message": "the recording has no such request"})
        return await self._replayed(*found, began_ns)

    def _token(self, call: Call) -> Answer:
        if call.method != "POST":
            return Answer(status=405, headers=(("allow", "POST"),))
        if not hmac.compare_digest(_basic(call.headers.get("authorization", "")), self._credentials):
            realm = (("www-authenticate", 'Basic realm="replay"'),)
            return _json(401, {"error": "invalid_client"}, realm)
        form = parse_qs(call.body.decode("utf-8", "replace"))
        if form.get("grant_type") != ["client_credentials"]:
            return _json(400, {"error": "unsupported_grant_type"})
        issued = {"access_token": self._tokens.mint(), "token_type": "bearer", "expires_in": self._expires_in}
        return _json(200, issued, (("cache-control", "no-store"),))

    def _candidates(self, call: Call) -> tuple[list[Exchange], str | bytes, str | None, Bound]:
        """The exchanges ``call`` may be, its body, its live conversation, and the ids that one has captured."""
        body = _decoded(call.body)
        live = self._conversation_of(body) if isinstance(body, str) and body else None
        about, bound = self._sessions.of(live)
        known = self._exchanges
        if about is not None and (about in self._about or not self._rules.bind):
            known = [*self._about.get(about, ()), *self._about.get(None, ())]
        alike = [exchange for exchange in known if _same_route(exchange.request, call)]
        left = [exchange for exchange in alike if self._loop or not exchange.takes]
        left.sort(key=lambda exchange: exchange.takes)
        return left, body, live, bound

    def _take(self, call: Call) -> tuple[Exchange, Bound] | None:
        left, body, live, bound = self._candidates(call)
        best = nearest(body, [_candidate(e) for e in left], level=self._level, rules=self._rules, bound=bound)
        if best is None:
            known = any(_same_route(exchange.request, call) for exchange in self._exchanges)
            self._problem(_unexpected(call, "", (), known=known))
            return None
        chosen = left[best.index]
        if best.differences:
            self._problem(_unexpected(call, chosen.label, tuple(map(str, best.differences)), known=True))
            if not self._lenient:
                return None
        chosen.takes += 1
        self._answered(chosen)
        self._sessions.keep(live, self._about_of(chosen), bound)
        return chosen, bound

    def _about_of(self, exchange: Exchange) -> str | None:
        body = exchange.request.body
        return self._conversation_of(body) if body else None

    async def _replayed(self, exchange: Exchange, bound: Bound, began_ns: int) -> Answer:
        if exchange.hold_us:
            await self._hold(began_ns + exchange.hold_us * 1000)
        if exchange.response is None or not 200 <= exchange.response.status < 600:
            return _json(502, {"code": "bad.gateway", "status": 502, "message": "no response was recorded"})
        asked_us = exchange.request.t
        await self._wait(began_ns, exchange.response.t - asked_us)
        headers = replayed_headers(exchange.response.headers, decoded=exchange.text)
        pieces = [_live(piece, bound) for piece in exchange.pieces] if bound.live else exchange.pieces
        body: bytes | AsyncIterator[bytes] = b"".join(piece.data for piece in pieces)
        if len(pieces) > 1:
            body = self._paced(pieces, began_ns, asked_us)
        elif exchange.pieces:
            await self._wait(began_ns, exchange.pieces[0].t_us - asked_us)
        return Answer(status=exchange.response.status, headers=headers, body=body)

    async def _paced(self, pieces: Sequence[Piece], began_ns: int, asked_us: int) -> AsyncIterator[bytes]:
        for piece in pieces:
            await self._wait(began_ns, piece.t_us - asked_us)
            yield piece.data


def _live(piece: Piece, bound: Bound) -> Piece:
    try:
        return replace(piece, data=bound.put_into(piece.data.decode()).encode())
    except UnicodeDecodeError:
        return piece


def replayed_headers(headers: Iterable[tuple[str, str]], *, decoded: bool) -> list[tuple[str, str]]:
    """The recorded headers that are sent again: rule 5, and none that could break out of its line."""
    dropped = _DROPPED | {"content-encoding"} if decoded else _DROPPED
    sound = ((name, value) for name, value in headers if _TOKEN.fullmatch(name) and _FIELD.fullmatch(value))
    return [(name, value) for name, value in sound if name.lower() not in dropped]


def _candidate(exchange: Exchange) -> Candidate:
    request = exchange.request
    return Candidate(data=request.body, ignore=request.play.ignore if request.play else ())


def _unexpected(call: Call, near: str, differences: Sequence[str], *, known: bool) -> UnexpectedMessage:
    # The path is the client's own text: shown only where the recording holds the same.
    route = f"{call.method} {template(call.path)}" if known else f"{call.method} request to a route not recorded"
    again = " once more" if known and not near else ""
    return UnexpectedMessage(f"{route}{again}", nearest=near, differences=differences, fix=_FIX)


_FIX = "record the session again if the request is right, or widen the comparison (--match, --ignore, play.ignore)"


def _same_route(request: HttpRequest, call: Call) -> bool:
    url = urlsplit(request.url)
    if request.method != call.method or query_names(url.query) != query_names(call.query):
        return False
    recorded, asked = template(url.path), template(call.path)
    if recorded == asked:
        return True
    # Recorded on a service with another base address: the part below the base has to agree.
    below = asked.removeprefix(GATEWAY_PATH)
    return below != asked and not recorded.startswith(GATEWAY_PATH) and recorded.endswith(below)


def _decoded(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def _basic(authorization: str) -> bytes:
    """``id:secret`` of an HTTP Basic header; b'' if it is none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _expires_in(exchanges: Iterable[Exchange]) -> int:
    for exchange in exchanges:
        if exchange.request.service != "token":
            continue
        try:
            issued = json.loads(b"".join(piece.data for piece in exchange.pieces))
        except (ValueError, RecursionError):
            continue
        seconds = issued.get("expires_in") if isinstance(issued, dict) else None
        if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0:
            return seconds
    return 3600


def _json(status: int, value: Any, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    return Answer(
        status=status, headers=(("content-type", "application/json"), *headers), body=json.dumps(value).encode()
    )
