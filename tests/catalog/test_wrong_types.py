"""JSON of the lake that can be parsed and is not what was written: damage, told in a sentence.

A valid manifest, pointer or report index is changed in one place, by whatever may stand there; it
reads as that very document, or it is refused. Nothing of another type travels on.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import IntegrityFailure
from glue_jobs.reports.index import load_index
from glue_jobs.sources.bls.manifest import load_survey
from glue_jobs.sources.population.manifest import load_population
from glue_jobs.storage.protocol import Content

if TYPE_CHECKING:
    from collections.abc import Iterator

HASH = "ab" * 32
MOMENT, RELEASE = "2025-09-04T12:30:00Z", "20250904T123000Z"
VERSION = f"000001-{HASH}"
SURVEY = {
    "survey": "pr",
    "files": {
        "pr.class": {
            "bytes": 102,
            "sha256": HASH,
            "last_modified": MOMENT,
            "listed_minute": "2025-09-04T08:30",
            "retrieved_at": MOMENT,
            "version": VERSION,
        }
    },
}
POPULATION = {
    "datasets": {
        "acs1": {
            "dataset_name": "ACS 1-year Estimate",
            "content_sha256": HASH,
            "years": 10,
            "retrieved_at": MOMENT,
            "pages": [{"name": "a.json", "bytes": 7, "sha256": HASH, "version": VERSION}],
        }
    }
}
COLUMN = {"name": "year", "type": "smallint", "comment": "calendar year"}
FILE = {
    "path": "data/data_file=0.Current/part-00000.parquet",
    "rows": 41,
    "bytes": 1000,
    "sha256": HASH,
    "partition": ["0.Current"],
    "source": "pr.data.0.Current",
    "source_sha256": HASH,
    "rejects": 2,
    "rejects_path": "rejects/pr.data.0.Current.jsonl",
    "texts": 0,
    "unlisted": 0,
    "index_path": "indexes/data.index",
    "index_bytes": 300,
    "index_sha256": HASH,
}
POINTER: dict[str, Any] = {
    "subject": "pr",
    "release": RELEASE,
    "folder": f"curated/pr/{RELEASE}-1a2b3c4d/",
    "made_by": "schema 1, pyarrow 20.0.0",
    "history": [
        {
            "source": "pr.data.0.Current",
            "release": RELEASE,
            "sha256": HASH,
            "key": "raw/bls/pr/pr.data.0.Current",
            "rows": 41,
            "revised": 0,
            "unflagged": 0,
            "born_marked": 2,
        }
    ],
    "tables": {
        "pr_data": {
            "columns": [COLUMN],
            "files": [FILE],
            "partition_keys": [{**COLUMN, "name": "data_file", "type": "string"}],
            "folder": "",
        },
    },
    "held": {
        "pr.data.0.Current": {
            "reason": "it has no rows",
            "hint": "wait",
            "since": MOMENT,
            "sha256": HASH,
            "shown_sha256": HASH,
            "allowed": False,
        }
    },
}

INDEX: dict[str, Any] = {
    "run_id": "20250904T130000Z-9f2c",
    "made_at": MOMENT,
    "made_from": {"pr": f"curated/pr/{RELEASE}-1a2b3c4d/", "sql": HASH},
    "reports": {
        "best_year": {
            "rows": 6,
            "made_from": [
                {
                    "subject": "pr",
                    "release": RELEASE,
                    "folder": f"curated/pr/{RELEASE}-1a2b3c4d/",
                    "sources": {"pr.data.0.Current": HASH},
                }
            ],
        }
    },
    "skipped": {"population_summary": "the table population is not there"},
    "held": {"series_population": {"reason": "a check found rows", "since": MOMENT}},
    "changes": {
        "pr": {
            "source": "pr.data.0.Current",
            "release": RELEASE,
            "first": False,
            "counts": {"revised": 3},
        }
    },
    "files": {"best_year.csv": {"bytes": 10, "sha256": HASH, "run_id": "20250904T130000Z-9f2c"}},
    "schema": 2,
}

Load = Callable[[Any], Any]
DOCUMENTS: dict[str, tuple[dict[str, Any], Load]] = {
    "survey": (SURVEY, lambda storage: load_survey(storage, "pr").files),
    "population": (POPULATION, lambda storage: load_population(storage).files),
    "pointer": (POINTER, lambda storage: load_pointer(storage, "pr")),
    "index": (INDEX, load_index),
}


class OneObject:
    """A storage whose every object has these bytes."""

    def __init__(self, body: bytes) -> None:
        self._content = Content(body, "tag")

    def get(self, key: str) -> Content:
        return self._content


def is_refused(load: Load, body: bytes) -> bool:
    try:
        load(OneObject(body))
    except IntegrityFailure as error:
        return str(error).endswith("that was written there.")
    return False


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a document, itself too."""
    yield path
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from places(entry, (*path, name))
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from places(entry, (*path, number))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value in a place."""
    if not path:
        return value
    whole = copy.deepcopy(document)
    inner = whole
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return whole


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        document = document[part]
    return document


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["", "..", "../x", "/etc/passwd", "a/../b", "\ud800", HASH, RELEASE, MOMENT]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize("kind", DOCUMENTS)
@settings(max_examples=400, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_changed_document_is_read_as_it_stands_or_refused(kind, data):
    document, load = DOCUMENTS[kind]
    path = data.draw(st.sampled_from(list(places(document))))
    other = changed(document, path, data.draw(ANYTHING))
    if not is_refused(load, json.dumps(other).encode()):
        before, after = at(document, path), at(other, path)
        assert type(after) is type(before)
        assert read_back(load(OneObject(json.dumps(other).encode())), kind) == other


def read_back(loaded: Any, kind: str) -> Any:
    """What was loaded, as JSON has it."""
    from dataclasses import asdict

    if kind in ("pointer", "index"):
        document = asdict(loaded)
        document.pop("tag", None)
        document.pop("until", None)
    else:
        entries = {name: asdict(entry) for name, entry in loaded.items()}
        document = {"datasets": entries}
        if kind == "survey":
            for entry in entries.values():
                del entry["name"]
            document = {"survey": "pr", "files": entries}
    return json.loads(json.dumps(document))


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_as_it_is_written_is_read(kind):
    document, load = DOCUMENTS[kind]
    assert not is_refused(load, json.dumps(document).encode())


WRONG: dict[str, Any] = {
    "null": None,
    "true": True,
    "a-number": 7,
    "a-fraction": 7.0,
    "negative": -1,
    "huge": 10**400,
    "infinite": float("inf"),
    "not-a-number": float("nan"),
    "a-list": [[]],
    "nested": {"a": {"b": 1}},
    "half-a-letter": "\ud800",
    "leads-out": "../../etc/passwd",
}
FREE_TEXT = {"made_by", "comment", "dataset_name"}
NUMBERS = {"bytes", "rows", "rejects", "texts", "unlisted", "revised", "unflagged", "years"}
NUMBERS |= {"born_marked"}
NUMBERS |= {"index_bytes"}


def is_right(path: tuple[Any, ...], wrong: Any) -> bool:
    """Whether it may stand there, after all."""
    name = path[-1] if path else ""
    is_free = name in FREE_TEXT or (len(path) == 2 and path[0] in ("made_from", "skipped"))
    is_free |= name in ("reason", "hint")
    return (
        (wrong is True and name in ("first", "allowed"))
        or (type(wrong) is int and wrong == 7 and name in NUMBERS)
        or (wrong == "../../etc/passwd" and is_free)
    )


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_no_field_takes_what_is_not_its_own(kind, wrong):
    document, load = DOCUMENTS[kind]
    for path in places(document):
        if not is_right(path, wrong):
            body = json.dumps(changed(document, path, wrong)).encode()
            assert is_refused(load, body), path


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_field_more_or_less_is_damage(kind):
    document, load = DOCUMENTS[kind]
    # Any number of entries.
    named = {"files", "datasets", "tables", "reports", "skipped", "changes", "counts", "sources"}
    named |= {"held", "made_from"}
    for path in places(document):
        inner = at(document, path)
        if not isinstance(inner, dict) or (path and path[-1] in named):
            continue
        more = changed(document, path, {**inner, "more": 1})
        assert is_refused(load, json.dumps(more).encode()), path
        # What version 0.1 wrote has none of these.
        optional = {"held", "texts", "unlisted", "index_bytes", "born_marked"}
        optional |= {"run_id"} if path[:1] == ("files",) else set()
        for name in [one for one in inner if one not in optional]:
            less = {key: value for key, value in inner.items() if key != name}
            assert is_refused(load, json.dumps(changed(document, path, less)).encode()), name


@pytest.mark.parametrize("kind", DOCUMENTS)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), id="byte-order-mark"),
        pytest.param(lambda text: text.encode("utf-16"), id="utf-16"),
        pytest.param(lambda text: text.replace("a", "\xe9").encode("latin-1"), id="latin-1"),
        pytest.param(lambda text: "[" * 100_000 + "]" * 100_000, id="nested-deep"),
        pytest.param(lambda text: '{"a":' * 100_000, id="nested-deep-objects"),
        pytest.param(lambda text: text[:-1] + f", {text[1:]}", id="every-name-twice"),
        pytest.param(lambda text: text + text, id="twice"),
        pytest.param(lambda text: text[: len(text) // 2], id="cut"),
        pytest.param(lambda text: "", id="empty"),
        pytest.param(lambda text: "\0" * 512, id="zeros"),
    ],
)
def test_bytes_that_are_no_such_json_are_refused(kind, body):
    document, load = DOCUMENTS[kind]
    made = body(json.dumps(document))
    assert is_refused(load, made if isinstance(made, bytes) else made.encode())


TABLE: dict[str, Any] = POINTER["tables"]["pr_data"]
OTHERS: dict[str, dict[str, Any]] = {
    "another-subject": {"subject": "cu"},
    "another-folder": {"folder": f"curated/cu/{RELEASE}-1a2b3c4d/"},
    "another-release-s-folder": {"folder": "curated/pr/20250101T000000Z-1a2b3c4d/"},
    "no-folder": {"folder": ""},
    "an-impossible-release": {"release": "20251304T123000Z"},
    "a-vintage-of-another-survey": {
        "history": [{**POINTER["history"][0], "key": "raw/bls/cu/cu.data.0.Current"}]
    },
    "a-table-elsewhere": {
        "tables": {"pr_data": {**POINTER["tables"]["pr_data"], "folder": "raw/"}}
    },
    "a-table-without-files": {"tables": {"pr_data": {**POINTER["tables"]["pr_data"], "files": []}}},
    "a-partition-in-two-folders": {
        "tables": {"pr_data": {**TABLE, "files": [FILE, {**FILE, "path": "other/part.parquet"}]}}
    },
    "two-partitions-in-one-folder": {
        "tables": {"pr_data": {**TABLE, "files": [FILE, {**FILE, "partition": ["1.AllData"]}]}}
    },
    "a-partition-without-its-value": {"tables": {"pr_data": {**TABLE, "partition_keys": []}}},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_pointer_s_parts_fit_each_other(other):
    assert is_refused(DOCUMENTS["pointer"][1], json.dumps({**POINTER, **other}).encode())
