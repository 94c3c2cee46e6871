from __future__ import annotations

import pytest

from harness.dialects.json_paths import escaped, renamed


@pytest.mark.parametrize(
    "path, new",
    [
        ("/a/b", "/a/X"),
        ("/a/b#key", "/a/X#key"),
        ("/a/b/0/c", "/a/X/0/Y~1Z"),
        ("/a/b/0/c#key", "/a/X/0/Y~1Z#key"),
        ("/a/bc", "/a/bc"),
        ("/a", "/a"),
        ("", ""),
    ],
)
def test_members_are_renamed_in_every_path_through_them(path: str, new: str) -> None:
    """The member itself, its key and what lies below it; nobody else."""
    assert renamed(path, {"/a/b": "X", "/a/b/0/c": "Y/Z"}) == new


def test_names_are_escaped() -> None:
    """As pointers ask for, and a name that looks like the mark of a key."""
    assert escaped("a~b/c") == "a~0b~1c"
    assert escaped("x#key") == "x~#key"
