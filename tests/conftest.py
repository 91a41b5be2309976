"""What all tests share: the count of faults that the lake survived stands at the end."""

pytest_plugins = ["tests.faults.tally"]
