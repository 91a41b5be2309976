"""How a report is made, checked and written, and what changed since the last release."""
