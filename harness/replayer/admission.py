"""Which handshake of the stream is let in. In order:

1. Without a token this service knows: 401, where the dialect has tokens or one was given.
2. A recorded refusal that is due is given to the next handshake, whoever it is.
3. A path nothing was recorded on: 404 and a problem; with somewhere to pass it on to it is let in.
4. None of the subprotocols it offers was given on this path, and one was: 400 and a problem. It is said in
   :mod:`harness.replayer.route` which is given.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import ReplayError, UnexpectedMessage
from harness.recording.entry import WsReject
from harness.replayer.rest import replayed_headers
from harness.replayer.roster import STREAM_PATH, Roster
from harness.replayer.steps import Track
from harness.replayer.tokens import Tokens
from harness.wire.serve import Handshake, Refusal

__all__ = ["Admission"]


class Admission:
    """The rules above, for one service.

    Args:
        needs_token: rule 1.
        passes_on: what was not recorded goes elsewhere.
        problem: is told of a path that was not recorded.
        refused: is told of a recorded refusal that was given.
    """

    def __init__(
        self,
        roster: Roster,
        tokens: Tokens,
        *,
        needs_token: bool,
        passes_on: bool,
        problem: Callable[[ReplayError], None],
        refused: Callable[[Track], None],
    ) -> None:
        self._roster = roster
        self._tokens = tokens
        self._needs_token = needs_token
        self._passes_on = passes_on
        self._problem = problem
        self._refused = refused

    def __call__(self, handshake: Handshake) -> Refusal | None:
        """How ``handshake`` is refused, or None."""
        authorization = handshake.headers.get("authorization", "")
        if self._needs_token and not self._tokens.accepts(authorization, handshake.query):
            return Refusal(status=401, body="unknown access token\n")
        due = self._roster.refusal(handshake.target)
        if due is not None and due.refusal is not None:
            self._refused(due)
            return _as_recorded(due.refusal)
        if self._passes_on or self._roster.subprotocol(handshake.target, handshake.offered) is not None:
            return None
        if not self._roster.known(handshake.target):
            self._problem(UnexpectedMessage("connection to a path that was not recorded", fix=f"dial {STREAM_PATH}"))
            return Refusal(status=404, body="the recording has no connection on this path\n")
        recorded = " or ".join(self._roster.subprotocols(handshake.target))
        self._problem(UnexpectedMessage("connection without a recorded subprotocol", fix=f"offer {recorded}"))
        return Refusal(status=400, body="the recording has no connection with this subprotocol\n")

    def subprotocol(self, handshake: Handshake) -> str:
        """Which of the subprotocols it offers ``handshake`` is given, '' for none.

        What is passed on elsewhere is given its first, and the service there is offered that one.
        """
        given = self._roster.subprotocol(handshake.target, handshake.offered)
        return next(iter(handshake.offered), "") if given is None else given


def _as_recorded(recorded: WsReject) -> Refusal:
    status = recorded.status if 200 <= recorded.status < 600 else 502
    headers = replayed_headers(recorded.headers, decoded=True)
    return Refusal(status=status, headers=headers, body=recorded.body or "")
