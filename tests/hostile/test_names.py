"""Hostile names: refused before any request and any write, or harmless wherever they go."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.catalog.glue import partition_inputs, table_input
from glue_jobs.catalog.pointers import Pointer, Table, TableFile
from glue_jobs.errors import LakeError, UpstreamInvalid
from glue_jobs.land_bls import land_bls
from glue_jobs.running import perform
from glue_jobs.sources.bls.tables import TABLES
from glue_jobs.sql_files import sql_files
from glue_jobs.storage import names
from glue_jobs.storage.names import safe_file_name
from glue_jobs.subjects import survey_code
from glue_jobs.tables.header import read_header
from glue_jobs.tables.plan import Role
from glue_jobs.tables.schemas import columns_of, describe_columns
from tests.fuzz.effort import examples
from tests.hostile.corpus import FAMILIES, FIELDS, STRINGS
from tests.lakes import run_at
from tests.simulator.faults import Body
from tests.simulator.upstream import Upstream

FOLDER = "/pub/time.series/pr/"
PAGE = (
    '<html><body><pre><A HREF="/">[To Parent Directory]</A><br><br>'
    f'9/4/2025 8:30 AM 3 <A HREF="{FOLDER}{{0}}">{{0}}</A><br></pre><hr></body></html>'
)
ACCEPTED = {"CON", "null", "1e5"}
"""Harmless: no file system that the lake lies on means something else by them."""
VIEWS = set(sql_files("views"))

allowed = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}", fullmatch=True).filter(
    lambda name: ".." not in name
)
files_of_pr = st.one_of(
    allowed,
    allowed.map("pr.{}".format),
    allowed.map("pr.data.{}".format),
    st.sampled_from(["data", "sources", "revisions", "changes", "observations", "population"])
    .flatmap(lambda own: st.sampled_from(["pr.{}", "pr.x.{}", "pr.{}_", "pr.x-{}"]).map(
        lambda form: form.format(own)
    )),
    st.just("pr.data.__HIVE_DEFAULT_PARTITION__"),
)  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hostile_name_in_a_listing_is_refused_before_any_request_and_any_write(family, tmp_path):
    for number, text in enumerate(FAMILIES[family]):
        if text in ACCEPTED:
            continue
        with Upstream.sample() as upstream:
            page = PAGE.replace("{0}", text).encode("utf-8", "surrogatepass")
            upstream.script(FOLDER, Body(page), forever=True)
            run = run_at(tmp_path / "lake", upstream, f"run-{number}")
            _, (failure,) = perform("land_bls", land_bls, run)
            assert isinstance(failure, UpstreamInvalid), ascii(text[:50])
            assert str(failure).isprintable()
            assert len(str(failure)) < 200
            assert [request.path for request in upstream.requests] == [FOLDER]
    leases = tmp_path / "lake/.lake/leases"
    files = (path for path in tmp_path.rglob("*") if path.is_file() and path.parent != leases)
    written = {path.name for path in files}
    assert written <= {"lock", "land_bls.json"}


@pytest.mark.parametrize(("family", "text"), STRINGS, ids=lambda given: ascii(given[:20]))
def test_a_hostile_name_becomes_no_key_and_no_subject(family, text):
    if text not in ACCEPTED:
        with pytest.raises(UpstreamInvalid):
            names.raw_file("bls/pr", text)
    with pytest.raises(LakeError):
        survey_code(text)


@examples(500)
@given(files_of_pr)
def test_an_allowed_name_is_harmless_as_key_table_and_partition(name):
    assert names.raw_file("bls/pr", safe_file_name(name)) == f"raw/bls/pr/{name}"
    for place in filter(None, [TABLES.place("pr", name)]):
        assert re.fullmatch(r"pr_[a-z0-9_]{1,125}", place.table)
        assert place.table not in VIEWS
        assert re.fullmatch(
            r"[a-z0-9_]+/(data_file=[A-Za-z0-9._-]+/)?part-00000\.parquet", place.path
        )
        assert ".." not in place.path
        keys = place.keys
        # A table has a partition key if its files have a value for it.
        assert [key.name for key in keys] == (["data_file"] if place.role is Role.DATA else [])
        assert (place.partition != "") == (place.role is Role.DATA)
        assert place.partition != "__HIVE_DEFAULT_PARTITION__"
        _check_in_glue(place)


def _check_in_glue(place) -> None:
    """Athena finds the partitions by a list that commas separate, and a template of the path."""
    values = (place.partition,) if place.partition else ()
    columns = describe_columns(columns_of(("a_code", "a_text")))
    file = TableFile(place.path, 1, 1, "", values)
    table = Table(columns, (file,), place.keys)
    pointer = Pointer("pr", "20250904T123000Z", "curated/pr/20250904T123000Z-00000000/", {})
    made = table_input("s3://bucket", pointer, place.table, table)
    location = made["StorageDescriptor"]["Location"]
    assert (pointer.folder + place.path).startswith(location.replace("s3://bucket/", ""))
    if values:
        assert made["Parameters"]["projection.data_file.values"].split(",") == list(values)
        template = made["Parameters"]["storage.location.template"]
        projected = template.replace("${data_file}", place.partition)
        (partition,) = partition_inputs("s3://bucket", pointer, table).values()
        assert partition["StorageDescriptor"]["Location"] == projected


def names_in(header: str) -> tuple[str, ...]:
    made = read_header("pr.class", header.encode("utf-8", "surrogatepass"))
    return made.names if made else ()


@pytest.mark.parametrize("text", FIELDS, ids=lambda text: ascii(text[:20]))
def test_a_hostile_name_of_a_column_becomes_an_identifier_or_the_file_a_document(text):
    for name in names_in(f"series_id\t{text}"):
        assert re.fullmatch(r"([a-z][a-z0-9_]{0,63})?", name)


@examples(300)
@given(st.text(min_size=1, max_size=70))
def test_only_an_identifier_is_the_name_of_a_column(name):
    assert all(re.fullmatch(r"([a-z][a-z0-9_]{0,63})?", one) for one in names_in(f"year\t{name}"))
