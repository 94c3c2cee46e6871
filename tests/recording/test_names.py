from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import RecordingFormatError
from harness.recording.entry import Header
from harness.recording.names import check_names


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "../x"},
        {"id": ""},
        {"id": "a/b"},
        {"id": "a\\b"},
        {"id": ".x"},
        {"id": "a..b"},
        {"id": "a\0"},
        {"id": "x" * 201},
        {"id": "a\ud800"},
        {"scenario": "/x"},
        {"parent": "a\nb"},
        {"dialect": "a/../b"},
        {"dialect": "a/b/c"},
    ],
)
def test_paths_are_no_names(header: Callable[..., Header], changes: dict[str, Any]) -> None:
    """The field is named, its value is not."""
    with pytest.raises(RecordingFormatError, match=f"{next(iter(changes))} is no plain name"):
        check_names(header(**changes), "x")


def test_names_are_names(header: Callable[..., Header]) -> None:
    """Words of any language with dots and dashes within; what may be missing may be missing."""
    given = header(id="r-1.a", scenario="Rückgabe 2", parent="sha256:0f", dialect="generic/1")
    assert check_names(given, "x") is given
    assert check_names(header(), "x").scenario is None
