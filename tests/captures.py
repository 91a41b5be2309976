"""Where the real captures are; a user's clone has none."""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / "shared" / "data"
CAPTURES = _FOLDER if _FOLDER.is_dir() else None

needs_captures = pytest.mark.skipif(
    CAPTURES is None, reason=f"the real captures are not here: no folder {_FOLDER.name}/ beside"
)


def capture(path: str) -> Path:
    """A file or folder of the captures."""
    assert CAPTURES is not None, "guard the test with needs_captures"
    return CAPTURES / path
