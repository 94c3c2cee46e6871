"""Names in a header, which tools may make names of files of.

1. ``id``, ``scenario``, ``parent`` and the parts of ``dialect`` hold no path: no slash of either kind, no "..", no dot
   in front, no control character; 200 characters at most.
2. An error names the field, never its value.
"""

from __future__ import annotations

import re
from pathlib import Path

from harness.errors import RecordingFormatError
from harness.recording.entry import Header

__all__ = ["check_names"]

_PLAIN = r"(?!\.)(?!.*\.\.)[^\x00-\x1f\x7f-\x9f\\/\ud800-\udfff]{1,200}"
_FORMS = {
    "id": re.compile(_PLAIN),
    "scenario": re.compile(_PLAIN),
    "parent": re.compile(_PLAIN),
    "dialect": re.compile(f"{_PLAIN}(?:/{_PLAIN})?"),
}


def check_names(header: Header, path: Path | str) -> Header:
    """``header``, if its names could do no harm in a path.

    Raises:
        RecordingFormatError: one of them could.
    """
    for field, form in _FORMS.items():
        name = getattr(header, field)
        if name is not None and not form.fullmatch(name):
            raise RecordingFormatError(f"{field} is no plain name", path=path, line=1)
    return header
