"""findings.sarif: places and types, with fingerprints that stay."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace
from typing import Any

import pytest

from harness.report.model import RunResult, build_report
from harness.report.render.sarif import render_sarif, sarif_pieces
from harness.report.results import result_rows
from harness.report.run import Place


def sarif(run: RunResult) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render_sarif(build_report(run), list(result_rows(run))))
    assert log["version"] == "2.1.0" and len(log["runs"]) == 1
    found: dict[str, Any] = log["runs"][0]
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    for result in found["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    return found


def test_leaks_at_their_line(make: SimpleNamespace) -> None:
    """A leak is an error at recording:line, a claim a warning; the tool has its version."""
    session = make.session(places={2: Place(17, 5)})
    found = sarif(make.run(session, tool="mediation-harness/1.2.3"))
    assert (found["tool"]["driver"]["name"], found["tool"]["driver"]["version"]) == ("mediation-harness", "1.2.3")
    leak, claim = found["results"]
    assert (leak["ruleId"], leak["level"]) == ("leak/PERSON", "error")
    place = leak["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "telco-outage.rec.jsonl"}, "region": {"startLine": 17}}
    assert (claim["ruleId"], claim["level"]) == ("claim/unsupported_number", "warning")


@pytest.mark.parametrize(
    "root,uri", [("recordings", "recordings/"), ("./a b/c/", "a%20b/c/"), ("", ""), (".", "")], ids=str
)
def test_where_recordings_lie(make: SimpleNamespace, root: str, uri: str) -> None:
    """A file goes by its path in the repository, if its folder is known."""
    run = make.run()
    log = json.loads("".join(sarif_pieces(build_report(run), list(result_rows(run)), root)))
    found = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in log["runs"][0]["results"]}
    assert found == {uri + "telco-outage.rec.jsonl"}


def test_the_value_is_nowhere(make: SimpleNamespace) -> None:
    """No text of a conversation is in the log."""
    outcome = make.outcome(2, payload={"text": "I am Quillon Abernathy."})
    label = make.label("l", "span", seq=2, start=5, end=22, label="PERSON")
    run = make.run(make.session([outcome], labels=[label], baseline=None))
    text = render_sarif(build_report(run), list(result_rows(run)))
    assert "leak/PERSON" in text and "Quillon" not in text


def test_fingerprints(make: SimpleNamespace) -> None:
    """The same leak keeps its fingerprint when its line moves; another conversation's has another."""

    def prints(**changes: Any) -> list[str]:
        session = dataclasses.replace(make.session(), **changes)
        return [result["partialFingerprints"]["finding/v1"] for result in sarif(make.run(session))["results"]]

    assert prints() == prints(places={2: Place(90, 1)})
    assert not set(prints()) & set(prints(recording_id="rec-2"))


def test_without_results(make: SimpleNamespace) -> None:
    """A report alone has no findings to tell."""
    assert json.loads(render_sarif(build_report(make.run(tool="")), None))["runs"][0]["results"] == []
