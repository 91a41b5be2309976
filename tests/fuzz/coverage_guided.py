"""Fuzzes the parsers guided by coverage, with atheris, for as long as wanted.

    python -m tests.fuzz.coverage_guided listing --seconds 30

What must hold is what the tests of hypothesis hold (`properties`), and it begins with the sample's
real pages and files (`inputs`). atheris is no dependency of the project: `make fuzz` installs it
beside. Whatever breaks a property is printed, and kept in the folder given by `--findings`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import atheris

# Only what is imported inside is watched.
with atheris.instrument_imports(include=["glue_jobs"]):
    from tests.fuzz import inputs, properties, test_parsers


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes:
        check: takes the bytes as they would come from outside.
        by_form: takes bytes as choices of what to make up or to damage, as hypothesis' tests do.
        seeds: what it begins with.
    """

    check: Callable[[bytes], None]
    by_form: Callable[[bytes], object]
    seeds: Callable[[], tuple[bytes, ...]]


def _by_form(test: Any) -> Callable[[bytes], object]:
    """What hypothesis has besides in a test: it takes bytes for its choices."""
    fuzz: Callable[[bytes], object] = test.hypothesis.fuzz_one_input
    return fuzz


TARGETS = {
    "listing": Target(
        properties.check_listing,
        _by_form(test_parsers.test_listings),
        inputs.listings,
    ),
    "flatfile": Target(
        properties.check_flat_file,
        _by_form(test_parsers.test_flat_files),
        inputs.flat_files,
    ),
    "conversion": Target(
        properties.check_conversion,
        _by_form(test_parsers.test_conversions),
        inputs.flat_files,
    ),
    "population": Target(
        properties.check_population,
        _by_form(test_parsers.test_populations),
        inputs.answers,
    ),
}

_LONGEST = 4096  # bytes: enough for some rows of everything


def main() -> None:
    """Runs one target; libFuzzer ends the process, with an error if something was found."""
    parser = argparse.ArgumentParser("tests.fuzz.coverage_guided", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--by-form", action="store_true", help="what hypothesis' tests make up")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    given = parser.parse_args()
    target = TARGETS[given.target]
    given.findings.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        corpus, words = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        for number, seed in enumerate(target.seeds()):
            (corpus / f"seed-{number}").write_bytes(seed)
        words.write_text("".join(f'"{_escaped(grain)}"\n' for grain in inputs.GRAINS if grain))
        flags = {
            "max_total_time": given.seconds,
            "max_len": _LONGEST,
            "timeout": 10,
            "rss_limit_mb": 2048,
            "dict": words,
            "artifact_prefix": f"{given.findings}/{given.target}-",
            "print_final_stats": 1,
        }
        atheris.Setup(
            [sys.argv[0], *(f"-{name}={value}" for name, value in flags.items()), str(corpus)],
            target.by_form if given.by_form else target.check,
        )
        atheris.Fuzz()


def _escaped(grain: bytes) -> str:
    """A word as libFuzzer's dictionaries have it; they bear short ones only."""
    return "".join(f"\\x{byte:02x}" for byte in grain[:60])


if __name__ == "__main__":
    main()
