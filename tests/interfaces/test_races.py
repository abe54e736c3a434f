"""Two people at the same moment: one wins, the other is told, and nothing is there twice."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.interfaces import city
from tests.interfaces.conftest import Login
from tests.interfaces.serving import running_server

from qingtian.apps.accounts.lockout import PER_ACCOUNT
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.models import EvidenceItem
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal

AT_ONCE = 6
Post = Callable[[str, str, object], tuple[int, dict]]


@pytest.fixture
def post(transactional_db: None, town: city.Town, login: Login) -> Iterator[Post]:
    """Posts over the wire as somebody."""
    with running_server() as port:
        sessions: dict[str, tuple[str, str]] = {}
        lock = threading.Lock()

        def send(who: str, path: str, body: object) -> tuple[int, dict]:
            with lock:
                if who not in sessions:
                    client = login(who)
                    token = client.get("/api/v1/session").json()["csrf_token"]
                    cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
                    sessions[who] = cookies, token
            cookies, token = sessions[who]
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            headers = {"Cookie": cookies, "X-CSRFToken": token, "Content-Type": "application/json"}
            link.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
            answer = link.getresponse()
            found = answer.status, json.loads(answer.read())
            link.close()
            return found

        yield send


def at_once(post: Post, *jobs: tuple[str, str, object]) -> Counter[int]:
    """Statuses of requests that start together."""
    for who in {job[0] for job in jobs}:
        post(who, "findings/0/confirm", {})  # opens the session
    gate = threading.Barrier(len(jobs))

    def run(job: tuple[str, str, object]) -> int:
        gate.wait(20)
        return post(*job)[0]

    with ThreadPoolExecutor(len(jobs)) as pool:
        return Counter(pool.map(run, jobs))


def test_a_double_click_opens_one_case(post: Post, town: city.Town) -> None:
    finding = city.finding(town)
    job = ("duty", f"findings/{finding.pk}/open-case", {"template": "T1"})

    statuses = at_once(post, *[job] * AT_ONCE)

    assert statuses == {201: 1, 409: AT_ONCE - 1}
    assert Case.objects.count() == 1
    assert Event.objects.filter(type="case.opened").count() == 1
    assert verify_journal().intact


def test_two_officers_who_confirm_leave_one_event(post: Post, town: city.Town) -> None:
    finding = city.finding(town)
    url = f"findings/{finding.pk}/confirm"

    statuses = at_once(post, ("duty", url, {}), ("inspector", url, {}), ("supervisor", url, {}))

    assert statuses == {200: 3}
    assert Event.objects.filter(type="finding.confirmed").count() == 1
    assert Finding.objects.get(pk=finding.pk).confirmed_by in ("duty", "inspector", "supervisor")


def test_dismissing_and_opening_a_case_exclude_each_other(post: Post, town: city.Town) -> None:
    finding = city.finding(town)

    statuses = at_once(
        post,
        ("duty", f"findings/{finding.pk}/open-case", {"template": "T1"}),
        ("inspector", f"findings/{finding.pk}/dismiss", {"reason": "false_alarm"}),
    )

    finding.refresh_from_db()
    assert sum(statuses.values()) == 2
    assert statuses[409] == 1
    assert (finding.status == "cased") is Case.objects.exists()
    assert finding.status in ("cased", "dismissed")


def test_steps_of_one_revision_are_taken_once(post: Post, town: city.Town) -> None:
    case = open_case(town.actor("duty"), city.NOW, city.finding(town).pk)
    plan = {
        "cause": "x",
        "responsible_party": "x",
        "measures": ["x"],
        "target": "x",
        "due_date": "2025-12-31",
    }
    job = ("duty", f"cases/{case.pk}/transitions", {"to": "planned", "fields": plan, "revision": case.revision})

    statuses = at_once(post, *[job] * AT_ONCE)

    assert statuses == {200: 1, 409: AT_ONCE - 1}
    assert Event.objects.filter(type="case.moved").count() == 1


def test_evidence_that_arrives_together_makes_one_unbroken_chain(post: Post, town: city.Town) -> None:
    case = open_case(town.actor("duty"), city.NOW, city.finding(town).pk)
    hours = [(city.LAST_HOUR - back * city.HOUR).isoformat() for back in range(AT_ONCE)]
    jobs = [
        (
            "inspector",
            f"cases/{case.pk}/evidence/observation",
            {"observation": {"site": "O-1-01", "pollutant": "a21002", "cycle": "hour", "period_start": hour}},
        )
        for hour in hours
    ]

    statuses = at_once(post, *jobs)

    items = list(EvidenceItem.objects.filter(subject_id=case.pk).order_by("position"))
    assert statuses == {201: AT_ONCE}
    assert [one.position for one in items] == list(range(AT_ONCE))
    assert [one.prev_hash for one in items[1:]] == [one.hash for one in items[:-1]]
    assert verify_journal().intact


def test_numbers_drawn_together_have_no_gap_and_no_twin(post: Post, town: city.Town) -> None:
    parameters = ["a21002", "a21026", "a34013", "a21005"]
    findings = [city.finding(town, parameter=one) for one in parameters]

    statuses = at_once(post, *[("duty", f"findings/{one.pk}/open-case", {"template": "T1"}) for one in findings])

    assert statuses == {201: len(findings)}
    numbers = sorted(Case.objects.values_list("number", flat=True))
    assert numbers == [f"C-2025-{serial:06d}" for serial in range(1, len(findings) + 1)]


def test_guesses_at_the_same_moment_are_all_counted(post: Post, town: city.Town) -> None:
    guess = {"username": "steward", "password": "wrong"}

    statuses = at_once(post, *[("duty", "session", guess)] * PER_ACCOUNT)
    late, _ = post("duty", "session", guess)

    assert statuses == {401: PER_ACCOUNT}
    assert late == 429
