"""What every answer keeps to: decimals as text, city time, and not a word about what is hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from tests.interfaces.access import table
from tests.interfaces.standing import EVERYBODY, Standing

pytestmark = pytest.mark.django_db
READS = sorted(path for method, path in table() if method == "GET")
FILES = ("/content", "/package", ".jsonl", ".xlsx", ".pdf", ".docx", ".css", "/preview", "/snapshot.json")
# What the supervisor of the standing town cannot read, and where its answers are looked at.
ELSEWHERE = {
    "/api/v1/activations",  # data stewards only: test_commands
    "/api/v1/newcomers/{mn}",  # the three of them: test_rejects_and_newcomers
    "/api/v1/readmissions/{order_id}",
    "/api/v1/rejects/{sha256}",
}
WALKED = [path for path in READS if not path.endswith((".csv", *FILES)) and path not in ELSEWHERE]
MEASURED_ELSEWHERE = {"lon", "lat", "speed", "center"}  # places on the map and the speed of the clock
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
CITY_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?\+08:00")
SPAN = "start=2025-11-23T00:00:00%2B08:00&end=2025-11-24T11:00:00%2B08:00"


def read(client: Client, standing: Standing, path: str) -> str:
    """The text of an answer; empty when it is refused or is a file."""
    if path.endswith(FILES):
        return ""
    url = standing.at(path)
    if "/series" in path:
        url += f"?site=O-1-01&pollutant=a21002&{SPAN}"
    if path.endswith("/duplicates"):
        url += "?type=park"
    if path.endswith("/grids/at"):
        url += "?lon=114.3&lat=30.6"
    if path.endswith("/templates/tags"):
        url += "?kind=daily"
    if "/board/cases" in path:
        url += "?rate=write_off&day=2025-11-24"
    if path.endswith("/dispatch/candidates"):
        url += f"?case={standing.cases['first'].pk}"
    if path.endswith("/forecasts"):
        url += f"?site=O-1-01&parameter=a01001&{SPAN}"
    answer = client.get(f"{url}{'&' if '?' in url else '?'}page_size=200" if path != "/api/v1/people" else url)
    return answer.content.decode() if answer.status_code == 200 else ""


def leaves(value: object, name: str = "", path: str = "$") -> Iterator[tuple[str, str, object]]:
    """Every scalar with the name of its field and its path."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, key, f"{path}.{key}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, name, f"{path}[{index}]")
    else:
        yield name, path, value


@pytest.fixture(scope="module")
def said(standing: Standing) -> dict[str, object]:
    """Every JSON answer to somebody who sees the whole city."""
    client = standing.client("supervisor")
    texts = {path: read(client, standing, path) for path in WALKED}
    return {path: json.loads(text) for path, text in texts.items()}


def test_every_read_of_the_contract_is_walked(said: dict[str, object]) -> None:
    assert set(said) == set(WALKED)
    empty = {path for path, value in said.items() if not value}
    assert empty == {
        "/api/v1/devices/{mn}/readings/{cn}",  # no device of this town answers
        "/api/v1/evidence/{kind}/{subject_id}/custody",  # nobody has opened that evidence
        "/api/v1/registry/duplicates",  # its parks are three
        "/api/v1/me/delegations",  # nobody stands in for the supervisor: test_keys_and_limits walks these three
        "/api/v1/me/keys",
        "/api/v1/me/sessions",
    }
    assert sum(1 for _ in leaves(list(said.values()))) > 10_000


def test_no_measured_value_is_a_binary_fraction(said: dict[str, object]) -> None:
    floats = [
        f"{path} {where}"
        for path, value in said.items()
        for name, where, one in leaves(value)
        if isinstance(one, float) and name not in MEASURED_ELSEWHERE
        if not path.endswith(("/health/report", "/features"))  # our own processes; places on the map
    ]

    assert floats == []


def test_every_moment_is_of_the_city(said: dict[str, object]) -> None:
    moments = [
        (f"{path} {where}", one)
        for path, value in said.items()
        for _, where, one in leaves(value)
        if isinstance(one, str) and STAMP.match(one)
        if not path.endswith("/imports/mappings")  # how times stand in files of others
    ]

    assert len(moments) > 300
    assert [one for one in moments if not CITY_STAMP.fullmatch(str(one[1]))] == []


def test_a_number_in_text_is_written_plainly(said: dict[str, object]) -> None:
    figures = ("value", "limit", "minimum", "maximum", "converted", "iaqi", "coverage", "published")
    texts = [
        (where, one)
        for path, value in said.items()
        # a frame is told as it was sent
        if not path.endswith(("/rules", "/events", "/frames/{frame}"))
        for name, where, one in leaves(value)
        if name in figures and isinstance(one, str) and one and ".fields" not in where
        if not (name == "coverage" and "/rosters" in path)  # of a roster it is a word, not a share
    ]

    odd = [pair for pair in texts if not re.fullmatch(r"-?\d+(\.\d+)?", str(pair[1]))]
    assert len(texts) > 100
    # Choices of forms and states have words as values.
    assert [
        pair
        for pair in odd
        if not re.search(r"choices|states|reasons|groups|settings|known|mapping|sample|checks", pair[0])
    ] == []


def test_whatever_shows_a_place_says_whether_it_is_simulated(said: dict[str, object]) -> None:
    def places(value: object) -> Iterator[dict[str, object]]:
        if isinstance(value, dict):
            if {"code", "name", "lon"} <= set(value):
                yield value
            for one in value.values():
                yield from places(one)
        elif isinstance(value, list):
            for one in value:
                yield from places(one)

    regions = {"420100", "420106", "420107"}
    shown = [value for path, value in said.items() if not path.endswith("/events")]  # which tells what was written
    found = [one for one in places(shown) if one["code"] not in regions]
    assert len(found) > 20
    wrong = [one for one in found if one["simulated"] is not (str(one["code"])[:2] in ("E-", "O-", "QT", "V-"))]
    assert wrong == []


# What must not appear in any answer to somebody who does not see the first enterprise, and the other way round.
FIRST, OTHER = ("E-1", "O-1-01", "第1热电", "Power plant 1"), ("E-2", "O-2-01", "第2热电", "Power plant 2")


def secrets(standing: Standing, *, of_first: bool) -> list[str]:
    numbers = [row.number for row in standing.findings.values() if (row.object.code == "O-1-01") is of_first]
    cases = [row.number for row in standing.cases.values() if (row.object.code == "O-1-01") is of_first]
    return [*(FIRST if of_first else OTHER), *numbers, *cases]


@pytest.mark.parametrize("path", READS, ids=lambda one: one.removeprefix("/api/v1"))
@pytest.mark.parametrize(
    ("who", "sees_first", "sees_other"),
    [
        ("anonymous", False, False),
        ("citizen", False, False),
        ("enterprise", True, False),
        ("other_enterprise", False, True),
        ("other_district", False, True),
    ],
)
def test_no_answer_holds_a_word_about_what_its_reader_cannot_see(
    standing: Standing, path: str, who: str, sees_first: bool, sees_other: bool
) -> None:
    text = read(standing.client(who), standing, path)

    hidden = [] if sees_first else secrets(standing, of_first=True)
    hidden += [] if sees_other else secrets(standing, of_first=False)
    assert [one for one in hidden if one in text] == []


@pytest.mark.parametrize("who", [one for one in EVERYBODY if one != "anonymous"])
def test_counts_are_of_what_the_reader_sees(standing: Standing, who: str) -> None:
    client = standing.client(who)

    def total(path: str) -> int:
        return client.get(f"/api/v1/{path}").json()["total"]

    overview = client.get("/api/v1/overview").json()
    outlets = [one for one in client.get("/api/v1/map/points").json() if one["kind"] == "outlet"]
    enterprises = client.get("/api/v1/enterprises").json()["items"]

    expected = {"citizen": 0, "enterprise": 5, "other_enterprise": 2, "other_district": 2}.get(who, 7)
    assert total("findings") == expected
    assert overview["open_findings"]["total"] == total("findings?open=true")
    assert sum(overview["open_findings"]["by_severity"].values()) == overview["open_findings"]["total"]
    assert overview["cases"]["open"] == total("cases?open=true") == {"citizen": 0}.get(who, 1 if expected < 7 else 2)
    assert overview["outlets_total"] == len(outlets)
    assert sum(one["open_findings"] for one in outlets) == total("findings?open=true")
    assert sum(one["open_findings"] for one in enterprises) == total("findings?open=true")
    assert sum(one["open_cases"] for one in enterprises) == overview["cases"]["open"]


@pytest.mark.parametrize("word", ["E-1", "O-1-01", "第1热电", "F-2025-000001", "Power plant 1"])
def test_searching_for_what_is_hidden_finds_nothing(standing: Standing, word: str) -> None:
    for who in ("other_enterprise", "other_district", "citizen"):
        client = standing.client(who)
        for path in ("findings", "cases", "enterprises"):
            assert client.get(f"/api/v1/{path}", {"q": word}).json()["total"] == 0, (who, path)
        assert client.get("/api/v1/findings", {"enterprise": "E-1"}).json()["unconfirmed"] == 0
        assert client.get("/api/v1/cases", {"object": "O-1-01"}).json()["total"] == 0
