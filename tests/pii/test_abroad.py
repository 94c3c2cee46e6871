"""Streets abroad, and mail of the armed forces."""

from __future__ import annotations

import pytest

from harness.pii.abroad import forces, may_begin, street_abroad
from harness.pii.words import Words


def words(text: str) -> Words:
    return Words(text, range(len(text)), 0, final=True, most=96)


@pytest.mark.parametrize(
    "text, at, value",
    [
        ("12 Rue des Lilas, then", 1, "12 Rue des Lilas"),
        ("12 rue d'Ouchy is", 1, "12 rue d'Ouchy"),
        ("Via Garibaldi 27 now", 0, "Via Garibaldi 27"),
        ("Calle Mayor, 5 now", 0, "Calle Mayor, 5"),
        ("ul. Polna 5a", 0, "ul. Polna 5a"),
        ("Kerkstraat 12", 0, "Kerkstraat 12"),
        ("Grote Markt Plein 4 is", 0, "Grote Markt Plein 4"),
        ("7 Petofi utca 12", 1, "7 Petofi utca 12"),
        ("Lindenstr. 4b", 0, "Lindenstr. 4b"),
        ("Via Garibaldi", 0, ""),
        ("Via the 27", 0, ""),
        ("Rue des lilas", 0, ""),
        ("Kerkstraat", 0, ""),
        ("Kerkstraat 12.50", 0, ""),
        ("Kerkstraat 12%", 0, ""),
        ("Kerkstraat 12th", 0, ""),
        ("Kerkstraat 123456", 0, ""),
        ("Via Roma, 00184 Roma", 0, ""),
        ("the weg 5", 0, ""),
        ("One Two Three Four 5", 0, ""),
        ("12", 0, ""),
    ],
)
def test_streets(text: str, at: int, value: str) -> None:
    """The kind of street first, or last with a number behind."""
    assert text[: max(street_abroad(words(text), at)[0], 0)] == value


@pytest.mark.parametrize(
    "text, count",
    [
        ("PSC 1204, Box 3391\nAPO AE 09012", 9),
        ("PSC 1204 Box 3391", 4),
        ("Unit 12 Box 345, APO, AP 96338", 9),
        ("USS Lorne, FPO AP 96601", 6),
        ("USS Lorne 12", 0),
        ("USS", 0),
        ("Unit 5 Box 12", 0),
        ("PSC twelve", 0),
        ("CMR 5 Bag 3", 0),
        ("PSC 1, Box 2, APO XX 5", 5),
    ],
)
def test_forces(text: str, count: int) -> None:
    """A unit and box, or a ship, with its office."""
    assert forces(words(text)) == count


def test_first_words() -> None:
    """With a capital; few kinds in small letters."""
    assert may_begin("Piazza")
    assert may_begin("ul")
    assert may_begin("PSC")
    assert not may_begin("piazza")
    assert not may_begin("Street")
