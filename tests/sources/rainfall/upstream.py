"""A table of the rain in a year, which a web server has as one CSV file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping  # noqa: TC003 - read_as evaluates the annotations
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from glue_jobs.documents import Count, Moment, Sha256, read_as
from glue_jobs.errors import UpstreamInvalid
from glue_jobs.manifests import Manifests
from glue_jobs.running import Outcome, act_on_each
from glue_jobs.sources.http import Http, RateLimit
from glue_jobs.sources.protocol import Landed, RawObject, Upstream
from glue_jobs.storage import names
from glue_jobs.storage.names import Version  # noqa: TC001
from glue_jobs.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glue_jobs.running import Run
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage

SUBJECT = "rainfall"
FILE = "rain.csv"


@dataclass(frozen=True)
class LandedCsv:
    """The file as it lies in the raw zone."""

    bytes: Count
    sha256: Sha256
    retrieved_at: Moment
    version: Version


@dataclass(frozen=True)
class _Document:
    files: Mapping[str, LandedCsv]


class Rainfall(Upstream[LandedCsv]):
    """One subject of one file."""

    manifests = Manifests(
        lambda document, subject: read_as(_Document, document).files,
        lambda files, subject: {"files": {name: asdict(one) for name, one in files.items()}},
    )
    keeps_releases = True
    url = "http://127.0.0.1/rain.csv"

    def subjects(self, settings: Settings, storage: Storage) -> tuple[str, ...]:
        return (SUBJECT,)

    def has(self, subject: str) -> bool:
        return subject == SUBJECT

    def as_landed(self, subject: str, name: str, entry: LandedCsv) -> Landed:
        key = names.raw_file(self.folder(subject), name)
        objects = (RawObject(key, entry.bytes, entry.sha256, entry.version),)
        return Landed(name, entry.sha256, entry.retrieved_at, entry.retrieved_at, objects)

    def as_amended(self, entry: LandedCsv, landed: Landed) -> LandedCsv:
        (one,) = landed.objects
        return replace(entry, retrieved_at=landed.released_at, version=one.version)

    def land(self, run: Run) -> Outcome:
        def land(subject: str) -> dict[str, Any]:
            with run.storage.lease(subject, run.run_id):
                return {"changed": self._land(run, subject)}

        rain, failures = act_on_each(run, self.subjects(run.settings, run.storage), land)
        return Outcome(any(one.get("changed") for one in rain.values()), {"rain": rain}, failures)

    def land_again(self, run: Run, subject: str, name: str = "") -> None:
        self._land(run, subject)

    def fetch(self, run: Run, subject: str, file: Landed, key: str, path: Path) -> None:
        path.write_bytes(self._body(run))

    def ask(self, run: Run, subject: str) -> Iterator[tuple[Landed, str]]:
        now = hashlib.sha256(self._body(run)).hexdigest()
        for file in self.landed(run.storage, subject).values():
            yield file, "" if now == file.sha256 else "is another file now"

    def asked(self, summary: Mapping[str, Any]) -> set[str]:
        return {name for name, told in summary.get("rain", {}).items() if "error" not in told}

    def describe(self, summary: Mapping[str, Any]) -> Iterator[str]:
        yield from (f"{name}: landed" for name, one in summary["rain"].items() if one["changed"])

    def _land(self, run: Run, subject: str) -> bool:
        body, manifest = self._body(run), self.load(run.storage, subject)
        sha256, known = hashlib.sha256(body).hexdigest(), manifest.files.get(FILE)
        if known is not None and known.sha256 == sha256:
            return False
        with run.storage.scratch() as folder:
            (folder / FILE).write_bytes(body)
            key = names.raw_file(self.folder(subject), FILE)
            stored = run.storage.put_file(key, folder / FILE, sha256)
        landed = LandedCsv(len(body), sha256, to_text(run.now()), stored.version)
        self.save(run.storage, subject, replace(manifest, files={FILE: landed}))
        return True

    def _body(self, run: Run) -> bytes:
        rate_limit = RateLimit(run.settings.requests_per_second)
        http = run.share(Http, lambda: Http({"User-Agent": "labor-lake"}, rate_limit, run.retry))
        body = io.BytesIO()
        answer = http.get(self.url, body, most_bytes=1 << 20)
        if answer.status != 200:
            raise UpstreamInvalid(f"The weather station answers {answer.status}.")
        return body.getvalue()


UPSTREAM = Rainfall()
