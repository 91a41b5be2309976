"""Reads the tests' own YAML files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

# PyYAML's reader in C is ten times as quick, and not in every build of it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """What a file says."""
    return yaml.load(path.read_text("utf-8"), _LOADER)
