"""What the tests of the workers let a worker do.

A worker imports the module that a function stands in. A test module brings along all that its
tests need, pandas among it, which no worker has; this one brings nothing.
"""

from __future__ import annotations

import sys

from glue_jobs.errors import UsageError


def import_pyarrow() -> list[str]:
    import pyarrow as pa

    assert pa.array([1]).to_pylist() == [1]
    return [name for name in ("numpy", "pandas") if name in sys.modules]


def fail_with(hint: str) -> None:
    raise UsageError("It is wrong.", hint=hint)
