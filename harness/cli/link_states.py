"""How the stream fares, told on the error stream: nobody waits in the dark."""

from __future__ import annotations

from harness.cli.common import say, shown
from harness.wire.dialler import LinkState

__all__ = ["LinkTeller"]


class LinkTeller:
    """Says when a stream is lost or cannot be had, when it is dialled again, and when it is back."""

    def __init__(self) -> None:
        self._away = False

    def __call__(self, state: LinkState) -> None:
        if state.phase in ("lost", "waiting"):
            self._away = True
            say(f"harness: {shown(state.why)}; dialling again in {state.wait_s:.1f} s")
        elif state.phase == "open" and self._away:
            self._away = False
            say("harness: the stream is open again")
