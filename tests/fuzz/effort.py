"""How hard the fuzzing tests try: a little and repeatably; in the profile `deep`, for long.

The same examples find nothing new until the code changes; `make fuzz` looks for others.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_DEEP = 20_000

settings.register_profile(
    "deep",
    max_examples=_DEEP,
    deadline=None,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
)


def examples(count: int) -> settings:
    """So many examples, the same ones every time; in the profile `deep` many others."""
    if settings.default is not None and settings.default.max_examples == _DEEP:
        return settings.default
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
