"""The faults a chaos run draws from, each with the row of ``LIVE_CLIENT.md`` it must reach. Pure.

1. Every kind of :data:`harness.replayer.fault_words.PARAMETERS` is on the menu, in one or more forms.
2. ``ends``: the typed errors that are the documented end of a form ('' is the end of the conversation); a form without
   any must be survived to that end. A conversation whose ``end`` was never said, or not in words that can be understood, ends as a lost
   connection (row *close 1000/1001 without an end*), whatever the form.
3. ``course``: forms of different courses can be played in one session; forms of ``alone`` are the only one in theirs.
4. ``short``: it may take the conversation's ``end`` away, so that the client never says what was recorded: the service
   does not wait long for it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.replayer.fault_words import NAMES

__all__ = ["MENU", "Form", "draw"]

Course = Literal["connection", "message", "gateway", "alone"]


@dataclass(frozen=True, slots=True)
class Form:
    """One way a fault is asked for; ``{…}`` in ``words`` is a choice of the seed."""

    words: str
    course: Course
    ends: tuple[str, ...] = ()
    short: bool = False

    @property
    def kind(self) -> str:
        """The fault's name."""
        return self.words.partition(":")[0]

    def drawn(self, rng: random.Random) -> str:
        """The words with every ``{a|b|c}`` replaced by one of its choices."""
        parts = self.words.replace("}", "{").split("{")
        return "".join(rng.choice(part.split("|")) if place % 2 else part for place, part in enumerate(parts))


_LOST = ("ConnectionLost",)
_CODES = "1000|1001|1002|1003|1005|1007|1009|1010|1011|1012|1013|4008"


def _connection() -> Sequence[Form]:
    return [
        Form(f"drop:code={{fin|rst|{_CODES}}}", "connection"),
        Form("drop:code={1008|4401}", "connection"),
        Form("drop:code={1002|1003|1007|1009|1010},at=type:utterance,times=3", "alone", _LOST),
        Form("refuse_reconnect:n={1|2|3}", "connection"),
        Form("refuse_reconnect:n=20", "alone", _LOST),
        Form("refuse_reconnect:n=1,status=404", "alone", _LOST),
        Form("restart:n={1|2}", "connection"),
        Form("closing:grace=0.02", "connection"),
        Form("accept_then_close:n={1|2|3},code={1000|1001|1011}", "connection"),
        Form("accept_then_close:n=20", "alone", _LOST),
        Form("stall:s=0.03", "connection"),
        Form("stall:s=0.03,silent=yes", "connection"),
        Form("no_pong", "connection"),
        Form("slow_read:ms=30", "connection"),
        Form("ping_storm:n={10|100}", "connection"),
        Form("token_expired", "connection"),
        Form("token_revoked", "connection"),
        Form("handshake_401", "connection"),
        Form("handshake_401:n=2", "alone", ("AuthError",)),
        Form("handshake_403", "alone", ("PermissionDenied",)),
        Form("handshake_429:n={1|2},retry_after={1|7|none|date}", "connection"),
        Form("handshake_429:retry_after=long", "connection"),
        Form("handshake_429:n=20", "alone", ("RateLimited",)),
        Form("handshake_5xx:n={1|2|3},status={500|502|503|504},retry_after={none|2}", "connection"),
        Form("handshake_5xx:n=20", "alone", _LOST),
    ]


def _gateway() -> Sequence[Form]:
    return [
        Form("429:n={1|2},retry_after={1|5|none|date}", "gateway"),
        Form("429:retry_after=long", "gateway"),
        Form("429:n=6", "gateway"),
        Form("5xx:n={1|2|6},status={500|502|503|504}", "gateway"),
        Form("slow:ms=20", "gateway"),
        Form("rest_401_while_ws_alive", "gateway"),
        Form("rest_401_while_ws_alive:n=2", "alone", ("AuthError",)),
    ]


def _message() -> Sequence[Form]:
    kept = "duplicate duplicate:n=3 reorder reorder:window={2|3|6} burst late_after_end fragment:n={2|3|7} extra_field "
    kept += "huge_int partial_never_final rechunk summary_late error_type"
    damaged = "malformed_json non_object nan deep lone_surrogate duplicate_keys binary missing_field unknown_enum "
    damaged += "type_change gap:n={1|2|3}"
    return [
        *(Form(words, "message") for words in kept.split()),
        *(Form(words, "message", short=True) for words in damaged.split()),
        Form("summary_missing", "message", short=True),
        Form("missing_end", "alone", _LOST, short=True),
        Form("bad_utf8", "alone", _LOST),
        Form("oversize", "alone", ("ConnectionLost", "")),
    ]


def _menu() -> Mapping[str, Sequence[Form]]:
    found: dict[str, list[Form]] = {}
    for form in (*_connection(), *_gateway(), *_message()):
        found.setdefault(form.kind, []).append(form)
    assert found.keys() == set(NAMES), found.keys() ^ set(NAMES)
    return found


MENU: Mapping[str, Sequence[Form]] = _menu()
"""Kind -> its forms."""


def draw(faults: int, rng: random.Random, kinds: Sequence[str] = NAMES) -> list[list[Form]]:
    """``faults`` forms, every kind as often as any other, put together to sessions of one or two."""
    forms: list[Form] = []
    while len(forms) < faults:
        order = list(kinds)
        rng.shuffle(order)
        forms += [rng.choice(MENU[kind]) for kind in order]
    waiting = forms[:faults]
    connection = [form for form in waiting if form.course == "connection"]
    others = [form for form in waiting if form.course in ("message", "gateway")]
    sessions = [[form] for form in waiting if form.course == "alone"]
    while connection and others:
        sessions.append([others.pop(), connection.pop()])
    sessions += [[form] for form in (*connection, *others)]
    rng.shuffle(sessions)
    return sessions
