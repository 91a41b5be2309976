"""Registers the profile `deep`: `pytest tests/fuzz --hypothesis-profile=deep`."""

from __future__ import annotations

import tests.fuzz.effort  # noqa: F401
