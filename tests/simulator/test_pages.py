"""The listing page against the real ones."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from labor_lake.sample.pages import BLOCK_PAGE, ListedRow, listing
from tests.captures import capture, needs_captures

ROW = re.compile(r"(\d+/\d+/\d{4}) +(\d+:\d\d [AP]M) +(\d+|&lt;dir&gt;) <A HREF=\"[^\"]+\">([^<]+)")


def rows_of(page: str) -> list[ListedRow]:
    """Names, sizes and moments of a real listing, as UTC."""
    return [
        ListedRow(
            name,
            int(size) if size.isdigit() else None,
            datetime.strptime(f"{date} {time}", "%m/%d/%Y %I:%M %p")
            .replace(tzinfo=ZoneInfo("America/New_York"))
            .astimezone(timezone.utc),
        )
        for date, time, size, name in ROW.findall(page)
    ]


@needs_captures
def test_the_listing_of_pr_is_byte_for_byte_the_real_one():
    real = capture("listing/pr-2026-08-reconstructed.html").read_bytes()
    rows = rows_of(real.decode())
    assert len(rows) == 12
    assert listing("/pub/time.series/pr/", rows) == real


@needs_captures
def test_the_listing_of_2013_is_a_line_per_entry():
    # Who trimmed the capture indented three of its rows.
    real = capture("listing/la-2013-12-trimmed.html").read_text()
    real = re.sub(r"^ +(?=\d\d/\d\d/\d{4})", "", real, flags=re.MULTILINE)
    rows = rows_of(real)
    assert rows[-1].size is None
    assert listing("/pub/time.series/la/", rows, line_breaks=True).decode() == real


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 7, 1, 16, 8, 27, tzinfo=timezone.utc), "  7/1/2026 12:08 PM "),
        (datetime(2026, 1, 1, 16, 8, 27, tzinfo=timezone.utc), "  1/1/2026 11:08 AM "),
        (datetime(2025, 12, 31, 5, 0, tzinfo=timezone.utc), "12/31/2025 12:00 AM "),
        (datetime(2026, 3, 8, 6, 59, 59, tzinfo=timezone.utc), "  3/8/2026  1:59 AM "),
        (datetime(2026, 3, 8, 7, 0, 0, tzinfo=timezone.utc), "  3/8/2026  3:00 AM "),
    ],
    ids=["summer", "winter", "midnight", "before spring", "after spring"],
)
def test_times_are_eastern_local_time_to_the_minute(moment, shown):
    page = listing("/pub/time.series/pr/", [ListedRow("pr.txt", 1, moment)]).decode()
    assert f"<br><br>{shown}" in page


def test_a_size_is_set_right_in_twelve_and_a_folder_has_none():
    moment = datetime(2026, 8, 6, 12, 30, tzinfo=timezone.utc)
    rows = [ListedRow("ab", None, moment), ListedRow("overview.txt", 123456789012, moment)]
    assert listing("/pub/time.series/", rows).decode().partition("<br><br>")[2] == (
        '  8/6/2026  8:30 AM        &lt;dir&gt; <A HREF="/pub/time.series/ab/">ab</A><br>'
        "  8/6/2026  8:30 AM 123456789012"
        ' <A HREF="/pub/time.series/overview.txt">overview.txt</A><br>'
        "</pre><hr></body></html>"
    )


def test_the_page_for_refused_clients_is_about_1300_bytes():
    assert 1200 < len(BLOCK_PAGE) < 1400
