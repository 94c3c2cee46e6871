"""What can be taken out of a recording."""

from __future__ import annotations

from harness.recording.entry import HttpRequest, WsMessage
from harness.session.shrink.material import Material


def test_units_are_messages_and_exchanges(gift: Material) -> None:
    """Each message of the service is a unit but the first and last of the conversation, each gateway request too."""
    asked = [e.n for e in gift.entries if isinstance(e, HttpRequest) and e.service == "gateway"]
    frame = [n for ns in gift.frames.values() for n in ns]
    assert sorted([*(e.n for e in gift.inbound if e.n not in frame), *asked]) == gift.units
    assert {gift.events[n].type for n in frame} == {"subscribed", "end"}
    assert asked


def test_a_message_brings_its_frame_along(gift: Material) -> None:
    """With a message stay its subscription and both ends of its conversation; with nothing stays nothing."""
    n = gift.units[3]
    kept = gift.with_frame([n])
    (ask,) = gift.asks.values()
    assert kept == {n, ask, *(n for ns in gift.frames.values() for n in ns)}
    assert gift.with_frame([]) == set()


def test_messages_answer_their_own_subscription(roaming: Material) -> None:
    """Behind another send only the first message answers it; the others answer their subscription."""
    (ask,) = roaming.asks.values()
    sent = next(e.n for e in roaming.entries if isinstance(e, WsMessage) and "token_count" in (e.text or ""))
    behind = [e for e in roaming.inbound if e.n > sent and isinstance(e, WsMessage)]
    assert [e.re for e in behind] == [sent, *([ask] * (len(behind) - 1))]
    assert "context_window.updated" in (behind[0].text or "")
