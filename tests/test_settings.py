"""Settings: which of the places that give one wins, and what each may be."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product

import pytest

from glue_jobs.errors import UsageError
from glue_jobs.settings import SETTINGS, Settings, resolve

# Per setting: three texts, and the values they mean.
GIVEN = {
    "lake": (("a", "b", "c"), ("a", "b", "c")),
    "contact": (("a@x.org", "b@x.org", "c@x.org"), ("a@x.org", "b@x.org", "c@x.org")),
    "surveys": (("cu", "pr,cu", "ap, ap ,sm,"), (("cu",), ("pr", "cu"), ("ap", "sm"))),
    "datasets": (("acs5", "none", "acs1,acs5"), (("acs5",), (), ("acs1", "acs5"))),
    "bls_url": (("https://a/", "http://localhost/", "https://c/"),) * 2,
    "population_url": (
        ("https://a/", "http://localhost/", "https://c/, https://d/"),
        (("https://a/",), ("http://localhost/",), ("https://c/", "https://d/")),
    ),
    "requests_per_second": (("0.5", "2", "100"), (0.5, 2.0, 100.0)),
    "allow_removals": (("1", "2", "3"), (1, 2, 3)),
    "allow_shrink": (("true", "no", "1"), (True, False, True)),
    "time_limit": (("90s", "45m", "2h"), (90.0, 2700.0, 7200.0)),
    "workers": (("0", "1", "4"), (0, 1, 4)),
    "database": (("a", "b_1", "c"),) * 2,
    "workgroup": (("a", "b-1", "c"),) * 2,
    "region": (("us-east-1", "eu-west-1", "ap-south-1"),) * 2,
    "engine": (("duckdb", "athena", "trino"),) * 2,
    "catalog": (("glue", "none", "auto"),) * 2,
    "trino_url": (("https://a:8443", "http://localhost:8080", "https://c"),) * 2,
    "trino_catalog": (("a", "b_1", "c"),) * 2,
    "trino_user": (("a", "b-1", "c"),) * 2,
    "log_format": (("json", "text", "json"),) * 2,
    "page": (("true", "false", "true"), (True, False, True)),
    "series": (
        ("prs85006092", "CUUR0000SA0,PRS85006092", "X"),
        (("PRS85006092",), ("CUUR0000SA0", "PRS85006092"), ("X",)),
    ),
    "on_release": (("true", "cat > news.json", "mail me"),) * 2,
}
NAMES = [setting.name for setting in SETTINGS]
VARIABLES = {setting.name: setting.variable for setting in SETTINGS}
NOT_OF_THE_FILE = "on_release"


def test_every_setting_can_be_given_and_is_tested_here():
    assert NAMES == [field.name for field in fields(Settings)] == list(GIVEN)
    assert len(set(VARIABLES.values())) == len(NAMES)
    others = {v for v in VARIABLES.values() if not v.startswith("LAKE_")}
    assert others == {"AWS_REGION"}  # AWS's own name for it


def test_with_nothing_given_every_setting_has_its_default():
    resolved = resolve({}, {}, {})
    assert resolved.settings == Settings()
    assert resolved.origins == dict.fromkeys(NAMES, "default")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("flag", "variable", "file"),
    list(product([True, False], repeat=3)),
    ids=lambda given: "given" if given else "not",
)
def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(
    name, flag, variable, file
):
    texts, values = GIVEN[name]
    file = file and name != NOT_OF_THE_FILE
    resolved = resolve(
        {name: texts[0]} if flag else {},
        {VARIABLES[name]: texts[1], "HOME": "/"} if variable else {"HOME": "/"},
        {name: texts[2]} if file else {},
    )
    places = [
        (flag, f"--{name.replace('_', '-')}", values[0]),
        (variable, VARIABLES[name], values[1]),
        (file, "lake.toml", values[2]),
        (True, "default", getattr(Settings(), name)),
    ]
    origin, value = next((origin, value) for given, origin, value in places if given)
    assert resolved.settings == replace(Settings(), **{name: value})
    assert resolved.origins == {**dict.fromkeys(NAMES, "default"), name: origin}


def test_a_file_in_a_folder_that_somebody_has_sent_starts_nothing():
    with pytest.raises(UsageError, match=r"lake\.toml cannot name a command to start"):
        resolve({"on_release": "mine"}, {}, {"on_release": "theirs"})


def test_an_empty_variable_is_not_given():
    assert resolve({}, {"LAKE_URI": ""}, {"lake": "b"}).settings.lake == "b"


def test_the_file_may_use_toml_s_own_types():
    file = {"surveys": ["pr", "cu"], "requests_per_second": 2, "allow_shrink": True}
    assert resolve({}, {}, file).settings == Settings(
        surveys=("pr", "cu"), requests_per_second=2.0, allow_shrink=True
    )


BAD = [
    *[("surveys", text) for text in ("", ",", "prx", "p", "pr,../x", "pr;cu", "p\nr")],
    *[("database", text) for text in ("", "Lake", "1a", "a-b", "a.b")],
    *[("lake", text) for text in ("", "  ")],
    *[("workgroup", text) for text in ("", " ")],
    *[("datasets", text) for text in ("", "acs2", "ACS1", "acs1,acs9", "acs1,none")],
    *[("bls_url", text) for text in ("ftp://x/", "download.bls.gov", "file:///etc", "")],
    *[("population_url", text) for text in ("//host/", "javascript:x")],
    *[("requests_per_second", text) for text in ("0", "-1", "101", "nan", "inf", "fast", "")],
    *[("allow_removals", text) for text in ("many", "1.5", "-1", "")],
    *[("log_format", text) for text in ("xml", "JSON", "")],
    *[("allow_shrink", text) for text in ("maybe", "2", "")],
]


@pytest.mark.parametrize(("name", "text"), BAD, ids=[f"{name}={text!a}" for name, text in BAD])
def test_a_value_that_a_setting_cannot_take_is_told_in_one_sentence(name, text):
    with pytest.raises(UsageError) as caught:
        resolve({name: text}, {}, {})
    sentence = str(caught.value)
    assert caught.value.exit_code == 2
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 160
    assert repr(text) in sentence or repr(text.split(",")[-1]) in sentence


@pytest.mark.parametrize(
    ("places", "start"),
    [
        (({"allow_removals": "x"}, {}, {}), "--allow-removals cannot be 'x': let up to N files"),
        (({}, {"LAKE_BLS_URL": "x"}, {}), "LAKE_BLS_URL cannot be 'x': the folder that lists"),
        (({}, {}, {"allow_shrink": "x"}), "lake.toml cannot be 'x': let a file lose"),
    ],
    ids=["flag", "environment", "file"],
)
def test_the_sentence_says_where_the_value_stands_and_what_it_is_for(places, start):
    with pytest.raises(UsageError) as caught:
        resolve(*places)
    assert str(caught.value).startswith(start)


def test_a_bad_value_that_loses_does_no_harm():
    settings = resolve({"allow_removals": "1"}, {"LAKE_ALLOW_REMOVALS": "x"}, {}).settings
    assert settings.allow_removals == 1


def test_a_name_in_the_file_that_is_no_setting_is_refused():
    with pytest.raises(UsageError, match=r"lake\.toml has 'survey', which is no setting"):
        resolve({}, {}, {"survey": ["pr"], "lake": "x"})
