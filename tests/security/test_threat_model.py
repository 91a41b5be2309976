"""SECURITY.md names files and tests that are there."""

from __future__ import annotations

import re

from tests.wheels import ROOT

TEXT = (ROOT / "SECURITY.md").read_text("utf-8")


def test_every_file_that_the_threat_model_names_is_there():
    named = set(
        re.findall(
            r"`((?:tests|athena_sql|glue_jobs|labor_lake|infra|tools|docs)/[a-z0-9_/.]+)`", TEXT
        )
    )
    assert len(named) > 12
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []


def test_every_test_that_the_threat_model_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(named) > 15
    assert sorted(named - written) == []


def test_every_file_of_security_tests_is_in_the_threat_model():
    """Itself, or by one of its tests."""
    for path in (ROOT / "tests" / "security").glob("test_*.py"):
        names = re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
        if path.name != "test_threat_model.py":
            assert f"tests/security/{path.name}" in TEXT or any(name in TEXT for name in names)


def test_make_audit_is_a_target():
    assert re.search(r"^audit:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
