"""Equal values, equal bytes, equal digests."""

from __future__ import annotations

import pytest

from harness.report.digest import canonical_json, digest_of, report_digest


def test_canonical() -> None:
    """Sorted, tight, ASCII; a bidi control and a lone surrogate are escapes."""
    assert canonical_json({"b": "é\u202e\ud800", "a": [1, None]}) == b'{"a":[1,null],"b":"\\u00e9\\u202e\\ud800"}'


def test_not_finite() -> None:
    """A number JSON has no word for is refused."""
    with pytest.raises(ValueError):
        canonical_json(float("nan"))


def test_report_digest_ignores_measurements() -> None:
    """Only verdicts and parity count."""
    report = {"verdicts": {"a": 1}, "parity": {}, "measurements": {"x": 1}}
    assert report_digest(report) == report_digest(report | {"measurements": {}})
    assert report_digest(report) != report_digest(report | {"verdicts": {"a": 2}})
    assert digest_of({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
