"""Without Glue, a publish tells a Trino server of the tables; the file that shows a lake to one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from glue_jobs.catalog.pointers import Pointer, Table, TableFile
from glue_jobs.errors import UsageError
from glue_jobs.settings import Settings
from glue_jobs.sql_files import sql_files
from glue_jobs.tables.columns import TableColumn
from labor_lake.cli import main
from labor_lake.engines.trino.notes import Notes
from labor_lake.engines.trino.own_tables import OwnTables
from labor_lake.engines.trino.server_files import catalog_file

if TYPE_CHECKING:
    from collections.abc import Sequence

S3 = "s3://bucket/lake"
MINIO = {"AWS_ENDPOINT_URL_S3": "https://minio.example.com"}


class FakeCatalog:
    """A server's catalog of views and tables, as far as statements change it."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.tables: set[str] = set()
        self.comments: dict[str, str] = {}

    def ask(self, sql: str) -> list[list[Any]]:
        if "table_comments" in sql:
            return [[name, comment] for name, comment in self.comments.items()]
        if sql.startswith("show tables"):
            return [[name] for name in self.tables]
        self.statements.append(sql)
        if made := re.match(r"create table lake_files\.(\w+)", sql):
            self.tables.add(made[1])
        elif gone := re.match(r"drop table lake_files\.(\w+)", sql):
            self.tables.remove(gone[1])
        elif gone := re.match(r"drop view (\w+)", sql):
            del self.comments[gone[1]]
        elif view := re.match(r"create or replace view (\w+) comment '([^']+)' as", sql):
            self.comments[view[1]] = view[2]
        return []

    def show(self, *pointers: Pointer, damaged: Sequence[str] = ()) -> list[str]:
        """Has it shown what pointers say; returns the statements that this took."""
        self.statements.clear()
        session: Any = self
        OwnTables(session, S3, "lake").show(pointers, Notes(session, "hive", "lake"), damaged)
        return [one for one in self.statements if not one.startswith("create schema")]


def pointer(release: str = "20250904T123000Z", sha256: str = "a") -> Pointer:
    columns = (TableColumn("code", "string", ""), TableColumn("year", "int", ""))
    keys = (TableColumn("data_file", "string", ""),)
    name = "data/data_file=it's/part-00000.parquet"
    tables = {
        "pr_data": Table(columns, (TableFile(name, 1, 1, sha256, ("it's",)),), keys),
        "pr_class": Table(columns, (TableFile("class/part-00000.parquet", 1, 1, "c"),)),
    }
    return Pointer("pr", release, f"curated/pr/{release}/", tables)


def test_each_table_is_registered_where_it_lies_and_shown_by_a_view():
    catalog = FakeCatalog()
    said = catalog.show(pointer())
    (name,) = [one for one in catalog.tables if one.startswith("pr_data")]
    folder = f"{S3}/curated/pr/20250904T123000Z/data"
    assert said[:3] == [
        (
            f'create table lake_files.{name} ("code" varchar, "year" integer, "data_file" varchar)'
            f" with (external_location = '{folder}/', format = 'PARQUET',"
            " partitioned_by = array['data_file'])"
        ),
        (
            f"call system.register_partition('lake_files', '{name}', array['data_file'],"
            f" array['it''s'], '{folder}/data_file=it''s/')"
        ),
        (
            f"create or replace view pr_data comment 'Made by Labor Lake from {name}' as"
            f" select * from lake_files.{name}"
        ),
    ]


def test_what_is_shown_already_is_not_touched():
    catalog = FakeCatalog()
    catalog.show(pointer())
    assert catalog.show(pointer()) == []


def test_the_table_that_a_view_was_moved_from_stays_for_one_more_publish():
    catalog = FakeCatalog()
    shown = []
    for number in range(3):
        catalog.show(pointer(sha256=str(number)))
        shown.append({name for name in catalog.tables if name.startswith("pr_data")})
    assert [len(names) for names in shown] == [1, 2, 2]
    assert not shown[0] & shown[2]


def test_what_no_pointer_names_any_more_is_gone_unless_its_pointer_is_damaged():
    catalog = FakeCatalog()
    catalog.comments["pr_observations"] = "Made by Labor Lake from 0123456789abcdef"
    catalog.show(pointer())
    assert catalog.show(damaged=["pr"]) == []
    assert catalog.show() == ["drop view pr_class", "drop view pr_data"]


def test_a_table_that_a_publish_left_unfinished_is_made_again():
    catalog = FakeCatalog()
    catalog.show(pointer())
    catalog.comments.clear()
    assert [one.split()[0] for one in catalog.show(pointer())] == [
        "drop", "create", "call", "create", "drop", "create", "create",
    ]  # fmt: skip


@pytest.mark.parametrize("folder", ["views", "templates"])
def test_every_view_has_a_place_for_its_note(folder):
    session: Any = FakeCatalog()
    notes = Notes(session, "hive", "lake")
    for name, sql in sql_files(folder).items():
        statement = sql.replace("${survey}", "pr")
        assert f" comment '{'Made by Labor Lake from'} x' as" in notes.noting(statement, name, "x")


def test_a_catalog_on_aws_reads_glue_and_moves_a_table_s_partitions_in_one_step():
    text = catalog_file(Settings(lake=S3, region="eu-west-1"), {})
    assert text.splitlines() == [
        "connector.name=hive",
        "hive.metastore=glue",
        "hive.metastore.glue.region=eu-west-1",
        "hive.partition-projection-enabled=true",
        "fs.native-s3.enabled=true",
        "s3.region=eu-west-1",
    ]


def test_a_catalog_without_glue_keeps_its_own_in_the_lake_and_no_key():
    settings = Settings(lake=f"{S3}/", region="us-east-1", catalog="none")
    text = catalog_file(settings, {**MINIO, "AWS_SECRET_ACCESS_KEY": "secret"})
    assert text.splitlines() == [
        "connector.name=hive",
        "hive.metastore=file",
        "hive.metastore.catalog.dir=s3://bucket/lake/trino-metastore",
        "hive.allow-register-partition-procedure=true",
        "fs.native-s3.enabled=true",
        "s3.region=us-east-1",
        "s3.endpoint=https://minio.example.com",
        "s3.aws-access-key=${ENV:AWS_ACCESS_KEY_ID}",
        "s3.aws-secret-key=${ENV:AWS_SECRET_ACCESS_KEY}",
        "s3.path-style-access=true",
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(lake="./lake", region="us-east-1"), "this one is in a directory"),
        (Settings(lake=S3), "No AWS region is set"),
    ],
)
def test_a_lake_that_no_server_can_read_has_no_such_file(settings, said):
    with pytest.raises(UsageError, match=said):
        catalog_file(settings, {})


def test_the_command_prints_the_file(capsys, no_settings_of_this_machine):
    given = ["trino-config", "--lake", S3, "--region", "us-east-1", "--catalog", "none"]
    assert main(given) == 0
    text = capsys.readouterr().out
    assert text.startswith("connector.name=hive\n")
    assert main([*given, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"file": "etc/catalog/awsdatacatalog.properties", "text": text}
