"""What all tests share: counts of faults survived and of answers that are Trino's, at the end."""

pytest_plugins = ["tests.conformance.tally", "tests.faults.tally"]
