"""Which candidates count."""

from __future__ import annotations

import msgspec

from harness.recording.codec import encode_entry
from harness.recording.entry import WsMessage
from harness.session.shrink.candidate import Candidate, Plan, build
from harness.session.shrink.failing import Fact, parse
from harness.session.shrink.material import Material
from harness.session.shrink.oracle import Oracle
from harness.settings import Settings


def n_of(material: Material, seq: int) -> int:
    return next(n for n, place in material.places.items() if place[1] == seq)


def test_the_message_alone_still_fails(gift: Material, broken: Settings) -> None:
    """A candidate with the failing message has its fact; one without it has none."""
    oracle = Oracle(gift, parse("leak"), broken)
    target = {Fact("leak", "PHONE", n_of(gift, 11))}
    assert oracle.left(build(gift, Plan(units=(n_of(gift, 11),), ended=False)), target) == target
    assert oracle.left(build(gift, Plan(units=(n_of(gift, 12),), ended=False)), target) == set()
    assert oracle.left(build(gift, Plan(units=())), target) == set()


def test_a_request_that_was_not_recorded_does_not_count(gift: Material, broken: Settings) -> None:
    """Where no summary came before the end, the client asks for one: such a candidate would not replay cleanly."""
    oracle = Oracle(gift, parse("leak"), broken)
    target = {Fact("leak", "PHONE", n_of(gift, 11))}
    assert oracle.left(build(gift, Plan(units=(n_of(gift, 11),))), target) == set()


def test_new_leaks_do_not_count(gift: Material, broken: Settings) -> None:
    """What joins to a value when the words between it go is no candidate."""
    oracle = Oracle(gift, parse("leak"), broken)
    made = build(gift, Plan(units=(n_of(gift, 11),), ended=False))
    lines = []
    for entry, line in made.lines:
        if isinstance(entry, WsMessage) and entry.n == n_of(gift, 11):
            entry = msgspec.structs.replace(
                entry, text=(entry.text or "").replace("he used", "he used orla.finch@brackwater.net, then")
            )
            line = encode_entry(entry)
        lines.append((entry, line))
    assert oracle.left(Candidate(lines=lines, labels=made.labels), {Fact("leak", "PHONE", n_of(gift, 11))}) == set()


def test_a_summary_keeps_all_its_reasons(gift: Material) -> None:
    """A summary that is ungrounded for other reasons than before is another failure."""
    oracle = Oracle(gift, parse("ungrounded"), Settings())
    target = {fact for fact in oracle.facts if fact.kind == "ungrounded"}
    (n,) = {fact.n for fact in target}
    more = target | {Fact("ungrounded", "date_shift", n)}
    whole = build(gift, Plan(units=tuple(gift.units)))
    assert oracle.left(whole, target) == target
    assert oracle.left(whole, more) == set()


def test_another_difference_does_not_count(gift: Material, broken: Settings) -> None:
    """Where parity is asked about, a candidate in which more messages differ than before is none."""
    oracle = Oracle(gift, parse("parity:redaction"), broken)
    n = n_of(gift, 11)
    target = {Fact("parity", "redaction", n)}
    alone = Plan(units=(n,), live=True, renumber=False, ended=False)
    assert oracle.left(build(gift, alone), target) == target
    renumbered = Plan(units=(n,), live=True, ended=False)
    assert oracle.left(build(gift, renumbered), target) == set()
