"""How a flat file is cut into blocks, and that nobody sees it."""

from __future__ import annotations

import pytest

from glue_jobs.errors import QualityFailure
from glue_jobs.tables.lines import BLOCK_BYTES
from tests.tables.test_flatfile import GOOD, data_file, read


@pytest.mark.parametrize("threads", [0, 1, 2, 3])
@pytest.mark.parametrize("block_bytes", [64, 100, 199, 1 << 12, BLOCK_BYTES])
def test_line_numbers_are_right_across_block_borders(block_bytes, threads):
    lines = [f"PRS{n:08}\t1995\tQ01\t{n}.5\t" for n in range(2, 300)]
    for number in (5, 50, 51, 299):
        lines[number - 2] = f"bad line {number}"
    lines[100 - 2] = ""
    result = read(data_file(*lines), block_bytes=block_bytes, threads=threads)
    assert [reject.line for reject in result.rejects] == [5, 50, 51, 299]
    assert [reject.text for reject in result.rejects][1] == "bad line 50"
    left_out = {5, 50, 51, 100, 299}
    assert result.lines == [line for line in range(2, 300) if line not in left_out]
    assert [row[0] for row in result.rows] == [f"PRS{line:08}" for line in result.lines]


@pytest.mark.parametrize("threads", [0, 2])
def test_a_line_longer_than_a_block_is_no_flat_file(threads):
    file = data_file(GOOD, "x" * 200, GOOD)
    with pytest.raises(QualityFailure, match="longer than 100 bytes"):
        read(file, block_bytes=100, threads=threads)
