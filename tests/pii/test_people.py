"""The layer of names and addresses: its laws over random text, and the names of a conversation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.book import NameBook
from harness.pii.names import is_reserved, lower_name
from harness.pii.operators import apply
from harness.pii.segment import HELD_MAX
from harness.pii.stream import Redactor
from harness.pii.surrogate import SurrogateVault, is_surrogate

REDACTOR = Redactor()
ATOMS = [
    "my name is ", "Tobias", "Renner", "mr ", "Mr. ", "this is ", "speaking", "from", "thanks ", "Maria", "hope", "Hope",
    "J. ", "van der ", "'s", " at ", "kestrel dot io", "kim@kestrel.io", "12", "1482 ", "0417 ", "Oak", "Street", " street",
    "Apt 5", ", ", "Leeds", " LS6 2AB", "PO Box 44", "twelve thirty four ", " oak ", "address is ", "\n", " ", ". ", "-",
    "that's ", "R-e-n-n-e-r", "r e n n e r ", "Zavarko", "qelashtoq", "[PERSON_REDACTED]", "628-271-4432", "is", "john",
    "will ", "phone ", "Jr.", " OH ", "43016", "é", "\u200b", "x" * 50, "number ", " and", "O'Halloran", "Mary-Jane", "’s",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(ATOMS), max_size=14).flatmap(
    lambda atoms: st.sampled_from(["", " "]).map(lambda glue: glue.join(atoms))
)


@given(TEXTS, st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_chunks_prefixes_and_twice(text: str, sizes: list[int]) -> None:
    """Any chunking gives the batch's text, every output is a prefix of it, and redacting again changes nothing."""
    whole = REDACTOR.redact(text)
    stream, out, at = REDACTOR.stream(), "", 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        out += stream.feed(text[at : at + size])
        at += size
        assert whole.text.startswith(out)
        assert stream.held <= HELD_MAX
    assert out + stream.finish() == whole.text
    assert stream.spans == whole.spans
    assert REDACTOR.redact(whole.text).text == whole.text


NAMES = st.sampled_from(
    ["Tobias Renner", "tobias renner", "TOBIAS RENNER", "Ilse van der Berg", "J. R. Odell", "Ann Lee Jr"]
)
PLACES = st.sampled_from(
    [
        "1482 Larkmoor Street, Apt 5, Dunfield, OH 43016",
        "12B Elm Grove Road",
        "twelve thirty four oak street",
        "PO Box 88",
    ]
)
TELLS = st.sampled_from(
    ["my name is {n}.", "Mr {n} of {p}", "the account holder is {n}, address: {p}", "my name is {n}. {n} lives at {p}"]
)


@given(TELLS, NAMES, PLACES, st.binary(min_size=16, max_size=32))
def test_surrogates_are_found_again(tells: str, name: str, place: str, key: bytes) -> None:
    """As the same type over their whole length; the surrogate of a surrogate is itself."""
    text = tells.format(n=name, p=place)
    spans = REDACTOR.detect(text)
    vault = SurrogateVault(key, "k")
    fake = apply(text, spans, vault.surrogate)
    again = REDACTOR.detect(fake)
    assert [span.type for span in again] == [span.type for span in spans]
    assert all(is_surrogate(span.type, fake[span.start : span.end]) for span in again)
    assert apply(fake, again) == apply(text, spans)
    assert apply(fake, again, vault.surrogate) == fake


def test_parts_of_a_name_keep_their_surrogate() -> None:
    """First and last name alone are those of the whole; spelled letters stay spelled."""
    vault = SurrogateVault(b"k" * 32, "k")
    first, last = vault.surrogate("PERSON", "Tobias Renner").split()
    assert vault.surrogate("PERSON", "Tobias") == first
    assert vault.surrogate("PERSON", "renner") == last.lower()
    assert vault.surrogate("PERSON", "RENNER") == last.upper()
    assert vault.surrogate("PERSON", "R-e-n-n-e-r") == "-".join(last)
    assert vault.surrogate("PERSON", "Renner Jr.") == f"{last} Jr"
    assert vault.surrogate("PERSON", "J.") != "J."
    assert vault.surrogate("PERSON", first) == first


def test_writings_of_one_address_share_a_surrogate() -> None:
    """Abbreviated, with its city, or said."""
    vault = SurrogateVault(b"k" * 32, "k")
    fake = vault.surrogate("ADDRESS", "1482 Larkmoor Street, Dunfield, OH 43016")
    assert vault.surrogate("ADDRESS", "1482 Larkmoor St.") == fake
    said = vault.surrogate("ADDRESS", "fourteen eighty two larkmoor street apartment five")
    assert said.split()[-2:] == fake.lower().split()[-2:]
    assert is_surrogate("ADDRESS", said)


def test_a_conversation_remembers_its_names() -> None:
    """A name heard in one text is known in the next; a stream tells its names when it is finished."""
    names = NameBook()
    assert REDACTOR.redact("my name is Tobias Renner", names=names).spans
    assert REDACTOR.redact("Renner was here", names=names).text == "[PERSON_REDACTED] was here"
    assert REDACTOR.redact("Renner was here").text == "Renner was here"
    stream = REDACTOR.stream(names=names)
    out = stream.feed("I am with Tobias. My name is Bettina Kroll")
    assert not names.knows("kroll")
    assert out + stream.finish() == "I am with [PERSON_REDACTED]. My name is [PERSON_REDACTED]"
    assert names.knows("kroll")


def test_ordinary_words_are_not_remembered_alone() -> None:
    """Hope is a name in a row of names only."""
    names = NameBook()
    assert REDACTOR.redact("my name is Hope Renner", names=names).spans
    assert REDACTOR.redact("I hope so. Hope is good. Renner hope", names=names).text.startswith(
        "I hope so. Hope is good."
    )
    assert REDACTOR.redact("Hope Renner came", names=names).text == "[PERSON_REDACTED] came"


def test_a_book_is_bounded_and_copied() -> None:
    """A copy learns for itself; the book takes no more than it may."""
    book = NameBook()
    copy = book.copy()
    copy.learn("Tobias Renner")
    assert copy and not book
    for number in range(600):
        book.learn("Q" + "abcdefghij"[number % 10] + "abcdefghij"[number // 10 % 10] + "abcdefghij"[number // 100])
    book.learn("Latecomer")
    assert not book.knows("latecomer")
    book.join(copy)
    assert not book.knows("renner")
    copy.join(copy.copy())
    assert copy.alone("Renner") and not copy.alone("renner")


@pytest.mark.parametrize("word", ["Zavarko", "zavarko", "ZAVARKO", "Z-a-v-a-r-k-o", "Zavarko's"])
def test_invented_names_are_known_everywhere(word: str) -> None:
    """Whatever their case."""
    assert is_reserved(word)
    assert lower_name(word).replace("-", "") == "zavarko"


def test_structured_values_are_not_touched() -> None:
    """An e-mail address, written or said, is not cut by a name before it, nor a telephone number by a street."""
    assert REDACTOR.redact("my name is tobias at kestrel dot io").text == "my name is [EMAIL_REDACTED]"
    assert REDACTOR.redact("thanks maria.lee@kestrel.io").text == "thanks [EMAIL_REDACTED]"
    assert REDACTOR.redact("628 271 4432 Elm Street").text == "[PHONE_REDACTED] Elm Street"


@pytest.mark.parametrize("size", [1, 4, 200])
def test_rows_of_blanks_and_long_words_hide_nothing(size: int) -> None:
    """What comes after them is found, however the text is cut."""
    for before in (" " * 90, "a-" * 60 + " ", "x" * 130 + " "):
        text = f"so{before}my name is Tobias Renner, I live at 1482 Larkmoor Street now"
        stream = REDACTOR.stream()
        whole = "".join(stream.feed(text[at : at + size]) for at in range(0, len(text), size)) + stream.finish()
        assert whole == REDACTOR.redact(text).text
        assert whole.endswith("my name is [PERSON_REDACTED], I live at [ADDRESS_REDACTED] now")
