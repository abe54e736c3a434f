"""What a phone sends is taken once, as it was made, and never over what others did meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.apps.cases.walking import DISPATCHER, HANDLER, PLAN, opened
from tests.apps.city import HOUR, NOW, account, actor
from tests.apps.fieldwork.scene import (
    ANSWERS,
    MINUTE,
    SPOT,
    inspectors,
    media,
    parcel,
    photo,
    send_files,
    sent,
    sha,
    visit,
)

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.survey_objects import Survey, survey_objects
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.queries import verify_evidence
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.fieldwork.actions.send_record import CaseMoved, StepDraft
from qingtian.apps.fieldwork.models import Sending
from qingtian.apps.fieldwork.queries import sendings
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible, TransitionRefused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence_folder")]


@pytest.fixture
def people(db: None) -> list[Actor]:
    return inspectors()


@pytest.fixture
def case(stack: RegistryObject) -> Case:
    return opened(stack)


@pytest.fixture
def task(case: Case, stack: RegistryObject) -> Case:
    """One check of a survey about the stack."""
    return survey_objects(DISPATCHER, NOW, case.pk, Survey(type=ObjectType.OUTLET, question="查治理设施"))[0]


def held(case: Case) -> list[EvidenceItem]:
    return list(EvidenceItem.objects.filter(subject_kind="case", subject_id=case.pk).order_by("position"))


# ------------------------------------------------------------------- files
def test_a_photo_is_frozen_with_its_time_its_place_and_its_hash(case: Case, people: list[Actor]) -> None:
    answer = media(people[0], case, photo(), parcel(1), line="bypass", title="旁路阀").answer
    (item,) = held(case)
    assert (item.pk, item.position, item.sha256) == (answer["item"], answer["position"], sha(photo()))
    assert item.captured_at == NOW - 10 * MINUTE
    assert item.captured_by == "inspector-1"
    assert item.record["field"] == {
        "line": "bypass",
        "device": "phone-0001",
        "key": "key-000001",
        "place": {"lon": "114.430012", "lat": "30.630001", "accuracy_m": "8.5"},
        "told_at": "2025-11-24T09:50:00+08:00",
        "clock_offset_s": "0",
    }
    assert verify_evidence(people[0], of_case(case.pk)).intact


def test_sent_again_it_gives_the_first_answer_and_changes_nothing(case: Case, people: list[Actor]) -> None:
    first = media(people[0], case, photo(), parcel(1))
    events = Event.objects.count()
    later = replace(parcel(1), clock_at=NOW + HOUR)
    again = media(people[0], case, photo(), later, at=NOW + HOUR)
    assert (first.again, again.again) == (False, True)
    assert again.answer == first.answer
    assert (len(held(case)), Sending.objects.count(), Event.objects.count()) == (1, 1, events)


def test_a_key_stands_for_one_thing_of_one_person(case: Case, people: list[Actor]) -> None:
    media(people[0], case, photo(1), parcel(1))
    with pytest.raises(Conflict, match="something else") as refused:
        media(people[0], case, photo(2), parcel(1))
    assert refused.value.field == "key"
    media(people[1], case, photo(2), parcel(1))  # another person's key is another key
    assert len(held(case)) == 2


def test_bytes_that_are_there_already_are_answered_with_their_item(case: Case, people: list[Actor]) -> None:
    first = media(people[0], case, photo(), parcel(1))
    second = media(people[0], case, photo(), parcel(2))
    assert second.answer["item"] == first.answer["item"]
    assert (len(held(case)), Sending.objects.count()) == (1, 2)


def test_bytes_with_another_hash_are_refused_and_both_hashes_are_told(case: Case, people: list[Actor]) -> None:
    with pytest.raises(InvalidInput) as refused:
        media(people[0], case, photo(1), parcel(1), sha256=sha(photo(2)))
    assert refused.value.field == "sha256"
    assert refused.value.params == {"told": sha(photo(2)), "found": sha(photo(1))}
    assert (held(case), Sending.objects.count()) == ([], 0)


def test_a_clock_that_is_wrong_is_corrected_and_the_error_is_kept(case: Case, people: list[Actor]) -> None:
    ahead = parcel(1, made_at=NOW + 30 * MINUTE, clock_at=NOW + HOUR)
    media(people[0], case, photo(), ahead, captured_at=NOW + 20 * MINUTE)
    (item,) = held(case)
    assert item.captured_at == NOW - 40 * MINUTE
    assert item.record["field"]["clock_offset_s"] == "-3600"
    assert item.record["field"]["told_at"] == "2025-11-24T10:20:00+08:00"
    assert Sending.objects.get().made_at == NOW - 30 * MINUTE


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"captured_at": NOW + MINUTE}, "captured_at"),
        ({"kind": EvidenceKind.REVIEW}, "kind"),
        ({"kind": EvidenceKind.RECEIPT}, "kind"),
        ({"media_type": "text/html"}, "file"),
        ({"media_type": "image/jpeg"}, "file"),
    ],
)
def test_what_no_phone_makes_is_refused(case: Case, people: list[Actor], more: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        media(people[0], case, photo(), parcel(1), **more)
    assert refused.value.field == field
    assert held(case) == []


@pytest.mark.parametrize("wrong", ["", "short", "a" * 65, "with space", "umlaut-ä-key"])
def test_a_key_that_cannot_be_kept_is_refused(case: Case, people: list[Actor], wrong: str) -> None:
    with pytest.raises(InvalidInput, match="8 to 64"):
        media(people[0], case, photo(), parcel(1, key=wrong))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x1a\x45\xdf\xa3 webm", "audio/webm"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"OggS\x00\x02", "audio/ogg"),
        (b"\x00\x00\x00\x20ftypqt  ", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3 webm", "video/webm"),
    ],
)
def test_sounds_and_videos_of_phones_are_taken(
    case: Case, people: list[Actor], content: bytes, media_type: str
) -> None:
    kind = EvidenceKind.SOUND if media_type.startswith("audio") else EvidenceKind.VIDEO
    media(people[0], case, content, parcel(1), kind=kind, media_type=f"{media_type};codecs=opus")
    assert [(one.kind, one.media_type) for one in held(case)] == [(kind, media_type)]


def test_a_case_out_of_sight_takes_nothing(case: Case, people: list[Actor]) -> None:
    elsewhere = actor(Role.INSPECTOR, region="420900", name="elsewhere")
    with pytest.raises(NotVisible):
        media(elsewhere, case, photo(), parcel(1))
    with pytest.raises(NotVisible):
        sent(elsewhere, case, visit(case, people))


# ------------------------------------------------------------------ records
def test_a_visit_becomes_a_site_record_that_names_everything(case: Case, people: list[Actor]) -> None:
    send_files(case, people)
    answer = sent(people[0], case, visit(case, people)).answer
    item = held(case)[-1]
    content = item.record["content"]
    assert (item.kind, item.position, answer["position"]) == ("site_record", 4, 4)
    assert [(one["username"], one["card"]) for one in content["inspectors"]] == [
        ("inspector-1", "鄂A-001"),
        ("inspector-2", "鄂A-002"),
    ]
    assert content["media"] == [{"position": 0, "sha256": sha(photo(1)), "line": "treatment_runs"}]
    assert {one["by"]: one["position"] for one in content["signatures"]} == {
        "party": 1,
        "inspector-1": 2,
        "inspector-2": 3,
    }
    assert (content["problems"], content["on"], content["checklists"]) == (1, "2025-11-24", ["general", "outlet"])
    told = {one["line"]: (one["value"], one["problem"]) for one in content["answers"]}
    assert told["treatment_runs"] == ("no", True)
    assert answer["revision"] == case.revision
    assert verify_evidence(people[0], of_case(case.pk)).intact
    event = Event.objects.filter(type="case.visited").get()
    assert (event.actor, event.role, event.payload["problems"]) == ("inspector-1", "inspector", 1)
    assert verify_journal().intact


def test_a_record_sent_again_is_taken_once(case: Case, people: list[Actor]) -> None:
    send_files(case, people)
    first = sent(people[0], case, visit(case, people))
    again = sent(people[0], case, visit(case, people), at=NOW + HOUR, wrapped=parcel(999, clock_at=NOW + HOUR))
    assert (again.again, again.answer) == (True, first.answer)
    assert Event.objects.filter(type="case.visited").count() == 1
    other = visit(case, people, text="另一次检查")
    with pytest.raises(Conflict, match="something else"):
        sent(people[0], case, other)


def test_the_step_that_follows_is_taken_with_the_record(task: Case, people: list[Actor]) -> None:
    send_files(task, people)
    step = StepDraft(to="report_problem", fields={"checked_on": "2025-11-24", "problem": "循环泵停运"})
    answer = sent(people[0], task, visit(task, people, step=step)).answer
    task.refresh_from_db()
    assert (task.state, answer["state"], answer["revision"]) == ("problem", "problem", task.revision)
    assert Finding.objects.filter(kind="patrol_problem").count() == 1
    # The case is closed now; the same sending still gets its answer.
    assert sent(people[0], task, visit(task, people, step=step)).answer == answer


def test_a_step_that_is_refused_leaves_no_record_either(task: Case, people: list[Actor]) -> None:
    for number in range(100, 103):
        media(people[0], task, photo(number), parcel(900 + number), kind=EvidenceKind.SIGNATURE)
    answers = {**ANSWERS, "treatment_runs": {"value": "yes"}}
    step = StepDraft(to="report_clean", fields={"checked_on": "2025-11-24", "result": "正常"})
    with pytest.raises(TransitionRefused) as refused:  # no photo is in evidence
        sent(people[0], task, visit(task, people, answers=answers, media={}, step=step))
    assert [one.code for one in refused.value.unmet] == ["photo"]
    task.refresh_from_db()
    assert (task.state, [one.kind for one in held(task)]) == ("assigned", ["signature"] * 3)
    assert not Sending.objects.filter(kind="record").exists()


def test_a_case_that_moved_meanwhile_is_told_and_never_overwritten(case: Case, people: list[Actor]) -> None:
    send_files(case, people)
    draft = visit(case, people)
    move_case(DISPATCHER, NOW - 20 * MINUTE, case.pk, "planned", fields=PLAN)
    with pytest.raises(CaseMoved) as refused:
        sent(people[0], case, draft)
    told = refused.value.params
    case.refresh_from_db()
    assert (told["state"], told["revision"], told["seen"]) == ("planned", case.revision, draft.revision)
    assert "case.moved" in [one["type"] for one in told["changes"]]
    assert {one["actor"] for one in told["changes"]} == {"dispatch"}
    assert len(held(case)) == 4
    # Who has looked sends the same thing again, with the same key, for the case as it is now.
    assert not sent(people[0], case, replace(draft, revision=case.revision)).again
    assert len(held(case)) == 5


def test_a_closed_case_takes_no_record(task: Case, people: list[Actor]) -> None:
    send_files(task, people)
    step = StepDraft(to="report_problem", fields={"checked_on": "2025-11-24", "problem": "循环泵停运"})
    draft = visit(task, people, step=step)
    sent(people[0], task, draft)
    with pytest.raises(Conflict, match="closed"):
        sent(people[1], task, replace(draft, step=None))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"inspectors": ("inspector-1",)}, "inspectors"),
        ({"inspectors": ("inspector-2", "handle")}, "inspectors"),
        ({"inspectors": ("inspector-1", "nobody")}, "inspectors"),
        ({"media": {"0" * 64: ""}}, "media"),
        ({"signatures": {"inspector-1": sha(photo(101)), "party": sha(photo(100))}}, "signatures"),
        ({"signatures": {"inspector-1": sha(photo(1)), "inspector-2": sha(photo(102))}}, "signatures"),
        ({"signatures": dict.fromkeys(("inspector-1", "inspector-2", "party"), sha(photo(100)))}, "signatures"),
        ({"text": "  "}, "text"),
        ({"ended_at": NOW - 50 * MINUTE}, "ended_at"),
        ({"answers": {}}, "answers.cards_shown"),
        ({"media": {}}, "answers.treatment_runs"),
    ],
)
def test_a_record_that_is_not_whole_is_refused_by_field(
    case: Case, people: list[Actor], changes: dict[str, Any], field: str
) -> None:
    account("handle", Role.HANDLER)
    send_files(case, people)
    with pytest.raises(InvalidInput) as refused:
        sent(people[0], case, visit(case, people, **changes))
    assert refused.value.field == field
    assert len(held(case)) == 4


def test_a_party_that_does_not_sign_is_written_down_with_the_reason(case: Case, people: list[Actor]) -> None:
    send_files(case, people)
    signed = {one.username: sha(photo(101 + n)) for n, one in enumerate(people)}
    with pytest.raises(InvalidInput, match="party has not signed"):
        sent(people[0], case, visit(case, people, signatures=signed))
    sent(people[0], case, visit(case, people, signatures=signed, unsigned_reason="当事人拒绝签字"))
    assert held(case)[-1].record["content"]["unsigned_reason"] == "当事人拒绝签字"


def test_an_inspector_without_a_card_makes_no_record(case: Case, people: list[Actor]) -> None:
    send_files(case, people)
    User.objects.filter(username="inspector-2").update(card_number="")
    with pytest.raises(InvalidInput, match="no enforcement card"):
        sent(people[0], case, visit(case, people))


def test_only_inspectors_write_records(case: Case, people: list[Actor]) -> None:
    send_files(case, people)
    with pytest.raises(NotPermitted) as refused:
        sent(HANDLER, case, visit(case, people))
    assert refused.value.params["roles"] == ["inspector"]


# ------------------------------------------------------------------ many
def test_twenty_records_of_an_hour_arrive_once_each_in_order(case: Case, people: list[Actor]) -> None:
    send_files(case, people)
    for number in range(1, 21):
        media(
            people[0], case, photo(1000 + number), parcel(2 * number - 1), captured_at=NOW - (60 - 3 * number) * MINUTE
        )
        draft = visit(case, people, text=f"第 {number} 次", media={sha(photo(1000 + number)): "treatment_runs"})
        for _ in range(2):  # every answer is lost once
            sent(people[0], case, draft, parcel(2 * number))
    rows = list(sendings(people[0]).filter(place__lte=40).order_by("id"))
    assert [row.place for row in rows] == list(range(1, 41))
    assert [row.item.position for row in rows] == list(range(4, 44))
    assert [row.item.sha256 for row in rows if row.kind == "media"] == [sha(photo(1000 + n)) for n in range(1, 21)]
    assert verify_evidence(people[0], of_case(case.pk)).intact


def test_a_sender_sees_what_was_taken_from_him_and_nobody_else_does(case: Case, people: list[Actor]) -> None:
    media(people[0], case, photo(), parcel(1))
    assert [row.key for row in sendings(people[0])] == ["key-000001"]
    assert not sendings(people[1]).exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_sending_twice_at_a_time_is_taken_once(stack: RegistryObject, evidence_folder: Path) -> None:
    case, who = opened(stack), inspectors(1)[0]
    found: list[Any] = []
    start = threading.Barrier(4)

    def push() -> None:
        try:
            start.wait()
            found.append(media(who, case, photo(), parcel(1)).answer)
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=push) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one for one in found if one != found[0]] == []
    assert (len(held(case)), Sending.objects.count()) == (1, 1)
    assert SPOT.accuracy_m > 0
