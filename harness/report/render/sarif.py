"""``findings.sarif``: findings at ``recording:line`` in SARIF 2.1.0, for code scanning.

1. A result names a place and a type; no text of a conversation is in it.
2. A fingerprint is over recording id, conversation, path and type: the same leak has the same one in every run.
3. A rule is a kind and a type, ``leak/PHONE``; rules come sorted, results in the order of the rows.
4. Files go by their name, or by their path from a folder that is given: where they lie in a repository.
5. A finding whose line is not known (a live session that was not recorded) is at line 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from harness.report.render.escape import visible
from harness.report.render.findings import KINDS, Finding, findings_of

__all__ = ["render_sarif", "sarif_pieces"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"leak": "error", "scan": "error", "claim": "warning", "parity": "error"}


def render_sarif(report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]] | None) -> str:
    """The whole of :func:`sarif_pieces`."""
    return "".join(sarif_pieces(report, rows))


def sarif_pieces(report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]] | None, root: str = "") -> Iterator[str]:
    """One run, ASCII only; ``rows`` are gone through twice.

    Args:
        report: report.json.
        rows: the lines of results.jsonl.
        root: folder of the recordings, as a relative path with slashes.
    """
    found = sorted({_rule(finding) for row in rows or () for finding in findings_of(row)})
    place = {rule: number for number, rule in enumerate(found)}
    name, _, version = str(report["run"]["tool"]).partition("/")
    driver = {
        "name": visible(name) or "mediation-harness",
        **({"version": visible(version)} if version else {}),
        "rules": [_described(rule) for rule in found],
    }
    yield f'{{"$schema":{_json(_SCHEMA)},"version":"2.1.0","runs":[{{"tool":{{"driver":{_json(driver)}}},'
    yield f'"columnKind":"unicodeCodePoints","properties":{_json({"digest": report["digest"]})},"results":[\n'
    before = ""
    for row in rows or ():
        for finding in findings_of(row):
            yield before + _json(_result(row, finding, place, root))
            before = ",\n"
    yield "\n]}]}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def _rule(finding: Finding) -> str:
    return visible(f"{finding.kind}/{finding.type}")


def _described(rule: str) -> dict[str, Any]:
    kind = rule.partition("/")[0]
    return {
        "id": rule,
        "shortDescription": {"text": KINDS[kind]},
        "defaultConfiguration": {"level": _LEVELS[kind]},
    }


def _result(row: Mapping[str, Any], finding: Finding, place: Mapping[str, int], root: str) -> dict[str, Any]:
    rule = _rule(finding)
    about = (row["session"], row["conversation"], finding.path, finding.type)
    text = f"{rule} in message {row['number']} ({visible(row['event'])}) of {visible(row['conversation'] or 'no conversation')}"
    return {
        "ruleId": rule,
        "ruleIndex": place[rule],
        "level": _LEVELS[finding.kind],
        "message": {"text": _literal(text)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(visible(row["file"]), root)},
                    "region": {"startLine": row.get("line") or 1},
                }
            }
        ],
        "partialFingerprints": {"finding/v1": _digest((finding.kind, *about))},
    }


def _uri(file: str, root: str) -> str:
    folder = "".join(f"{quote(part, safe='')}/" for part in visible(root).split("/") if part not in ("", "."))
    return folder + quote(file, safe="")


def _literal(text: str) -> str:
    """A SARIF message may hold links, ``[text](1)``, and placeholders, ``{0}``: none here."""
    return text.replace("[", "(").replace("]", ")").replace("{", "(").replace("}", ")")


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(_json(list(parts)).encode()).hexdigest()
