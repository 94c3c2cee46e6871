"""How a fault is written, and what a wrong word is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.replayer import fault_connection, fault_content, fault_order, faults
from harness.replayer.fault_words import NAMES, PARAMETERS, parameters_of, parse_fault, parse_faults
from harness.replayer.places import Place


def test_every_kind_has_its_parameters() -> None:
    """The table of words and the tables of what faults do name the same kinds."""
    played = {*fault_content.CONTENT, *fault_order.ORDER, *fault_connection.CONNECTION, *fault_connection.HANDSHAKE}
    assert played | set(faults._AT_REQUESTS) == set(PARAMETERS) == set(NAMES)


def test_a_fault() -> None:
    """A place, which of its matches, how many of them, and parameters of its own."""
    fault = parse_fault(" drop:code=1011,at=type:summary.completed,nth=2,times=all ")
    assert (fault.name, fault.at, fault.nth, fault.times) == ("drop", Place("type", "summary.completed"), 2, None)
    assert fault.options == {"code": "1011"}
    assert fault.text == "drop:code=1011,at=type:summary.completed,nth=2,times=all"


def test_names_in_capitals() -> None:
    """The name may be written as JSON writes the value."""
    assert parse_fault("NaN").name == "nan"


def test_a_file_of_faults() -> None:
    """One a line; comments and empty lines say nothing."""
    found = parse_faults("# two faults\n\ndrop:at=type:end   # the last\ngap:n=3\n")
    assert [fault.text for fault in found] == ["drop:at=type:end", "gap:n=3"]


@pytest.mark.parametrize("name", NAMES)
def test_parameters_of_another_kind(name: str) -> None:
    """A parameter the fault does not have is refused with those it has."""
    with pytest.raises(ConfigError) as caught:
        parse_fault(f"{name}:unheard_of=1")
    for parameter in (*PARAMETERS[name], "at", "nth", "times"):
        assert parameter in caught.value.allowed


@pytest.mark.parametrize(
    "text,words",
    [
        ("fire", "'fire' is not allowed; expected one of 429, 5xx, accept_then_close"),
        ("gap:3", "'3' is not allowed; expected KEY=VALUE with one of n, at, nth, times"),
        ("gap:n=many", "a whole number above 0"),
        ("gap:n=-1", "a whole number above 0"),
        ("duplicate:n=0", "duplicate:n: '0' is not allowed; expected a whole number above 0"),
        ("reorder:window=0", "a whole number above 0"),
        ("summary_late:by=0", "a whole number above 0"),
        ("stall:s=-1", "a number from 0"),
        ("gap:nth=0", "a whole number above 0"),
        ("gap:times=some", "a whole number above 0"),
        ("gap:at=nowhere", "entry:N, type:NAME"),
        ("429:retry_after=soon", "seconds, date, long or none"),
        ("stall:silent=maybe", "yes or no"),
    ],
)
def test_wrong_words(text: str, words: str) -> None:
    """Each mistake is told with what would be right."""
    with pytest.raises(ConfigError, match=words):
        parse_fault(text)


def test_a_wrong_line_of_a_file() -> None:
    """The message names the line."""
    with pytest.raises(ConfigError, match="--faults line 3"):
        parse_faults("gap\n\nfire\n")


def test_the_words_again() -> None:
    """The parameters come back from the words, as the journal has them."""
    assert parameters_of("drop:code=1011,at=type:end,nth=2") == ("drop", {"code": "1011", "at": "type:end", "nth": "2"})
    assert parameters_of("") == ("", {})


def test_the_document_names_every_fault(root: Path) -> None:
    """FAULTS.md has a row for each kind of fault, with its parameters."""
    rows = [line for line in (root / "harness/replayer/FAULTS.md").read_text().splitlines() if line.startswith("| `")]
    for name, parameters in PARAMETERS.items():
        row = next(line for line in rows if f"`{name}`" in line.split("|")[1])
        assert [one for one in parameters if f"`{one}`" not in row.split("|")[2]] == []
