"""The data behind the page's conversations."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from harness.report.render.explorer import Explorer, facets_of, packed
from harness.report.results import result_rows


def unpacked(text: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(text)))


def explored(rows: Any) -> tuple[dict[str, Any], list[Any]]:
    explorer = Explorer(rows)
    chunks = [unpacked(chunk) for chunk in explorer.chunks()]
    return unpacked(packed(explorer.index())), [conversation for chunk in chunks for conversation in chunk]


def test_index(make: SimpleNamespace) -> None:
    """A conversation has its messages, those of nobody too, its problems and its facets."""
    index, found = explored(list(result_rows(make.run())))
    assert index["sessions"] == [["rec-1", "telco-outage.rec.jsonl"]]
    assert {name: index[name] for name in "scnpk"} == {"s": [0], "c": [make.conversation], "n": [5], "p": [4], "k": [0]}
    names = {tuple(index["facets"][facet][:2]) for facet in index["sets"][index["f"][0]]}
    assert {("check", "missed value"), ("check", "false alarm"), ("check", "unsupported claim")} <= names
    assert {("verdict", "rejected"), ("type", "PERSON"), ("rule", "email.basic"), ("labels", "scenario")} <= names
    assert [message["n"] for message in found[0]] == [1, 2, 3, 4, 5]


def test_messages(make: SimpleNamespace) -> None:
    """A message holds its words' place, what was found there, and leaves out what is usual."""
    _, [messages] = explored(list(result_rows(make.run())))
    assert messages[1]["u"] == [[3, 7, "PERSON", False, "/text"]] and messages[1]["c"] == ["missed value"]
    assert messages[3]["k"] == "/summary" and messages[3]["m"] == [[21, 37, "PHONE", "phone.basic", "tp"]]
    assert messages[3]["g"]["c"][1][:4] == [39, 73, "ungrounded", "unsupported_number"]
    assert not {"y", "w", "a", "x", "z", "l", "t"} & messages[0].keys()


def test_conversations_apart(make: SimpleNamespace) -> None:
    """A session of two conversations has a third of the messages that name none."""
    outcomes = [make.outcome(1), make.outcome(2, conversation="other"), make.outcome(3, conversation="", event="odd")]
    index, _ = explored(list(result_rows(make.run(make.session(outcomes, baseline=None, labels=())))))
    assert index["c"] == [make.conversation, "other", ""]


@pytest.mark.parametrize(
    "payload,path",
    [
        ({"text": "", "summary": "S."}, "/summary"),
        ({"a": "short one", "b": ["a longer one"]}, "/b/0"),
        ({"id": "0123456789"}, None),
        ("not JSON", ""),
        (None, None),
        ({"n": 123456789}, None),
    ],
)
def test_own_words(make: SimpleNamespace, payload: Any, path: str | None) -> None:
    """The usual places first, then the longest string that is more than a word."""
    rows = list(result_rows(make.run(make.session([make.outcome(1, payload=payload)], labels=()))))
    assert explored(rows)[1][0][0].get("k") == path


def test_facets_of_trouble(make: SimpleNamespace) -> None:
    """What is wrong has its name: parity with a flip, the scan, the budget, claims against labels, another type."""
    row = list(result_rows(make.run()))[3]
    row["parity"] = {
        "class": "schema",
        "side": "both",
        "fields": [{"field": "verdict", "live": "accepted", "replayed": "rejected"}],
    }
    row |= {"pii_redacted": False, "budget": {"truncated": True}, "labels": None}
    row["missed"] = [{"covered": True, "type": "SSN", "path": "/x", "at": None}]
    first, second = row["grounding"]["claims"]
    first |= {"label": "fn", "premature": True}
    second |= {"label": "fp"}
    found = facets_of(row)
    assert [name for group, name in found if group == "check"] == [
        *("differs from live", "second leak scan", "found as another type", "over budget"),
        *("premature claim", "hallucination missed", "unsupported claim", "claim flagged wrongly"),
    ]
    assert [name for group, name in found if group == "flip"] == ["accepted → rejected", "class schema"]
    assert ("labels", "unlabelled") in found


def test_memory_is_that_of_a_session(make: SimpleNamespace) -> None:
    """Rows are taken as they come: four times the rows, hardly more memory; chunks follow each other."""
    rows = list(result_rows(make.run()))

    def many(sessions: int) -> Iterator[dict[str, Any]]:
        for number in range(sessions):
            yield from (row | {"session": f"s{number}"} for row in rows)

    def peak(sessions: int) -> tuple[int, int]:
        tracemalloc.start()
        chunks = sum(1 for _ in Explorer(many(sessions)).chunks())
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top, chunks

    peak(1)
    (small, some), (large, more) = peak(400), peak(1600)
    assert more > 2 * some > 2
    assert large < 2 * small
