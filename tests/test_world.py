"""Every survey that BLS serves, under its real file names: each file has a fate, none is lost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

import labor_lake
from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.sources.bls.surveys import landed_surveys
from tests.captures import needs_captures
from tests.faults.lake import Lake
from tests.faults.places import Place
from tests.labels.counts import count_labels
from tests.simulator.upstream import Upstream
from tests.simulator.world import DOCUMENTS, inventory, serve_survey, serve_world
from tests.test_builds import rows_of

if TYPE_CHECKING:
    from glue_jobs.catalog.pointers import Pointer

pytestmark = needs_captures


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """All surveys, landed, built and published; every file has some rows."""
    with Upstream() as upstream:
        serve_world(upstream)
        made = Lake(
            Place(str(tmp_path_factory.mktemp("world") / "lake")),
            upstream,
            surveys=("all",),
            datasets=(),
        )
        assert made.run_all() == []
        yield made


def pointer_of(lake: Lake, survey: str) -> Pointer:
    pointer = load_pointer(lake.storage, survey)
    assert pointer is not None
    return pointer


def expected_table(survey: str, name: str) -> str | None:
    """The table of a file, from its name as an economist reads it."""
    if name.endswith(DOCUMENTS):
        return None
    ending = name.partition(".")[2]
    if ending.startswith("data.") and ending != "data.type":
        return f"{survey}_data"
    return f"{survey}_{ending.lower().replace('.', '_').replace('-', '_')}"


def test_every_survey_is_landed_and_built(lake):
    assert set(landed_surveys(lake.storage)) == {file.survey for file in inventory()}


def test_every_file_is_the_table_that_it_should_be_or_a_document(lake):
    fates: Counter[str] = Counter()
    for survey in landed_surveys(lake.storage):
        told = {row["name"]: row for row in rows_of(lake.storage, f"{survey}_sources", survey)}
        pointer = pointer_of(lake, survey)
        made = {
            file.source: table
            for table, file in pointer.files()
            if file.source and not pointer.tables[table].folder
        }
        for file in inventory():
            if file.survey == survey:
                table = expected_table(survey, file.name)
                assert made.get(file.name) == table, file.name
                assert told[file.name]["status"] == ("table" if table else "document"), file.name
                assert told[file.name]["rows_read"] == (3 if table else None), file.name
                fates[told[file.name]["status"]] += 1
    assert sum(fates.values()) == len(inventory()) == 1501
    assert fates == {"table": 1501 - fates["document"], "document": fates["document"]}


def test_observations_are_the_data_dated_and_each_series_has_a_title_of_its_own(lake):
    with labor_lake.open(lake.place.uri) as opened:
        counted = {survey: count_labels(opened, survey) for survey in landed_surveys(lake.storage)}
    for survey, counts in counted.items():
        assert counts.observations == counts.data > 0, survey
        assert counts.undated == counts.no_known_period == 0, survey
        assert counts.titles == counts.series > 0, survey
        assert counts.by_words == counts.series, survey


def test_a_day_on_which_one_survey_changed_builds_that_one_alone(lake):
    serve_survey(lake.upstream, "cu", release=2)
    lake.upstream.clear_log()
    assert lake.run_all() == []
    surveys = len(landed_surveys(lake.storage))
    files = sum(file.survey == "cu" for file in inventory())
    listings = [path for path in lake.asked() if path.endswith("/")]
    assert len(listings) == surveys + 2  # the root, and cu a second time
    assert len(lake.asked()) - len(listings) <= files
    assert pointer_of(lake, "cu").release.startswith("20251122")
    assert pointer_of(lake, "pr").release.startswith("20251121")
