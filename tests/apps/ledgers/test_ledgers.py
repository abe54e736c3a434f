"""Ledgers: double entry with approval, reversal instead of edit, statements as known on a date, E-C4 and E-D1 to 3."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.city import NOW, actor, outlet
from tests.apps.ledgers.books import (
    APPROVER,
    AUDITOR,
    KEEPER,
    OTHER_KEEPER,
    TERMS,
    account,
    book,
    endowed,
    fund,
    held,
    posted,
)

from qingtian.apps.accounts.roles import Role
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.queries import verify_evidence
from qingtian.apps.evidence.subjects import of_ledger_entry
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.ledgers.actions.draft_allocation import draft_allocation
from qingtian.apps.ledgers.actions.draft_entry import draft_entry
from qingtian.apps.ledgers.actions.draft_reversal import draft_reversal
from qingtian.apps.ledgers.actions.draft_split import draft_split
from qingtian.apps.ledgers.actions.license_data import LicenceDraft, UseDraft, grant_licence, record_use
from qingtian.apps.ledgers.actions.move_entry import approve_entry, post_entry, refuse_entry, withdraw_entry
from qingtian.apps.ledgers.actions.open_account import AccountDraft, open_account
from qingtian.apps.ledgers.drafting import Terms
from qingtian.apps.ledgers.models import DataUse, LedgerAccount, LedgerEntry, LedgerPosting, LedgerStep
from qingtian.apps.ledgers.reading import (
    AccountWanted,
    EntryWanted,
    accounts,
    balances,
    entries,
    short,
    statement,
    verify_ledger,
    visible_entry,
)
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.domain.ledgers import AccountKind, Shortfall, Unbalanced
from qingtian.packs.ledgers import ledger_kinds

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def allocate(reserve: LedgerAccount, project: str, need: str, area: str) -> LedgerEntry:
    return draft_allocation(KEEPER, NOW, reserve.pk, project, Decimal(need), area, TERMS)


def project_account(holder: str, kind: str = "allocated") -> LedgerAccount:
    return LedgerAccount.objects.get(holder=holder, kind=kind)


# E-C4


def test_e_c4_projects_take_from_the_reserve_until_it_is_short() -> None:
    reserve = endowed("35.0")
    a = posted(allocate(reserve, "A", "12.0", "over_standard"))
    assert (a.details["factor"], a.details["rule"] != "") == ("2", True)
    assert held(reserve) == "11"
    posted(allocate(reserve, "B", "5.5", "attained"))
    assert (held(reserve), held(project_account("A")), held(project_account("B"))) == ("5.5", "12", "5.5")
    with pytest.raises(Shortfall) as error:
        allocate(reserve, "C", "6.0", "attained")
    assert error.value.params["shortfall"] == "0.5"
    assert verify_ledger("total_discharge").intact


def test_e_c4_what_doubles_the_need_is_taken_out_of_use() -> None:
    reserve = endowed("35.0")
    posted(allocate(reserve, "A", "12.0", "over_standard"))
    assert held(project_account("420107", "reduction")) == "12"


def test_two_drafts_that_each_fit_cannot_both_be_posted() -> None:
    reserve = endowed("10")
    first, second = allocate(reserve, "A", "6", "attained"), allocate(reserve, "B", "6", "attained")
    posted(first)
    with pytest.raises(Shortfall):
        approve_entry(APPROVER, NOW, second.pk)
    assert visible_entry(KEEPER, second.pk).state == "draft"  # type: ignore[attr-defined]
    assert held(reserve) == "4"


def test_an_approved_entry_is_checked_again_when_it_is_posted() -> None:
    reserve = endowed("10")
    first, second = allocate(reserve, "A", "6", "attained"), allocate(reserve, "B", "6", "attained")
    approve_entry(APPROVER, NOW, first.pk)
    approve_entry(APPROVER, NOW, second.pk)
    post_entry(KEEPER, NOW, first.pk)
    with pytest.raises(Shortfall):
        post_entry(KEEPER, NOW, second.pk)


# E-D1, E-D2


@pytest.mark.parametrize(
    ("pool", "weights", "parts"),
    [
        ("100000", ["30", "20", "35", "15"], ["30000", "20000", "35000", "15000"]),
        ("100.00", ["1", "1", "1"], ["33.34", "33.33", "33.33"]),
    ],
    ids=["E-D1", "E-D2"],
)
def test_a_revenue_is_split_to_the_cent(pool: str, weights: list[str], parts: list[str]) -> None:
    outside, source = fund("outside", "external"), fund("platform")
    book((outside, f"-{pool}"), (source, pool))
    named = {f"party-{number}": Decimal(weight) for number, weight in enumerate(weights)}
    entry = posted(draft_split(KEEPER, NOW, source.pk, Decimal(pool), named, TERMS))
    assert entry.form == "split"
    received = [held(LedgerAccount.objects.get(holder=holder, kind="fund")) for holder in named]
    assert received == [str(short(Decimal(part))) for part in parts]
    assert held(source) == "0" and sum(map(Decimal, received)) == Decimal(pool)


def test_more_than_the_source_holds_is_not_split() -> None:
    with pytest.raises(Shortfall):
        draft_split(KEEPER, NOW, fund("platform").pk, Decimal(1), {"a": Decimal(1)}, TERMS)


# E-D3


def licence(**more: Any) -> Any:
    fields: dict[str, Any] = {
        "dataset": "air-hours",
        "consumer": "bank-1",
        "purposes": ["绿色信贷"],
        "valid_from": date(2025, 11, 1),
        "valid_to": date(2025, 11, 30),
        "decision": "授权协议 3 号",
    }
    return grant_licence(KEEPER, NOW, LicenceDraft(**(fields | more)))


def use(**more: Any) -> DataUse:
    fields: dict[str, Any] = {"dataset": "air-hours", "consumer": "bank-1", "purpose": "绿色信贷", "rows": 240}
    return record_use(KEEPER, NOW, UseDraft(**(fields | more)))


def test_a_use_by_a_licence_for_the_purpose_is_kept_with_it() -> None:
    held_licence = licence()
    row = use()
    assert (row.allowed, row.licence, row.rows) == (True, held_licence, 240)


@pytest.mark.parametrize(
    ("given", "asked", "reason"),
    [
        (None, {}, "no_licence"),
        ({}, {"consumer": "bank-2"}, "no_licence"),
        ({}, {"dataset": "water-hours"}, "no_licence"),
        ({}, {"purpose": "广告"}, "other_purpose"),
        ({"valid_to": date(2025, 11, 23)}, {}, "not_in_force"),
        ({"valid_from": date(2025, 11, 25)}, {}, "not_in_force"),
    ],
)
def test_e_d3_a_use_without_a_licence_is_refused_and_the_refusal_is_kept(
    given: dict[str, Any] | None, asked: dict[str, Any], reason: str
) -> None:
    if given is not None:
        licence(**given)
    with pytest.raises(NotPermitted, match=reason) as error:
        use(**asked)
    row = DataUse.objects.get(pk=error.value.params["use"])
    assert (row.allowed, row.reason, row.rows, row.licence) == (False, reason, 0, None)
    assert Event.objects.latest("seq").type == "data.use_refused"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"purposes": [" "]}, "purposes"),
        ({"purposes": ["x" * 101]}, "purposes"),
        ({"valid_to": date(2025, 10, 1)}, "valid_to"),
        ({"decision": ""}, "decision"),
        ({"dataset": " "}, "dataset"),
        ({"consumer": "x" * 101}, "consumer"),
    ],
)
def test_what_is_no_licence(more: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        licence(**more)
    assert error.value.field == field


# Four eyes


def test_an_entry_counts_only_when_it_is_approved_by_another_and_posted() -> None:
    capacity, reserve = account("capacity"), account("reserve")
    draft = draft_entry(KEEPER, NOW, "total_discharge", [(capacity.pk, Decimal(-5)), (reserve.pk, Decimal(5))], TERMS)
    assert (draft.number, held(reserve)) == ("L-2025-000001", "0")
    with pytest.raises(Conflict, match="is draft"):
        post_entry(KEEPER, NOW, draft.pk)
    with pytest.raises(NotPermitted):
        approve_entry(KEEPER, NOW, draft.pk)
    approve_entry(APPROVER, NOW, draft.pk)
    assert held(reserve) == "0"
    post_entry(OTHER_KEEPER, NOW, draft.pk)
    assert held(reserve) == "5"
    types = [event.type for event in Event.objects.filter(object_type="ledger_entry")]
    assert types == ["ledger.drafted", "ledger.approved", "ledger.posted"]
    assert verify_journal().intact


def test_nobody_approves_what_he_drafted() -> None:
    both = actor(Role.DATA_STEWARD, Role.APPROVER, region="420100", name="both")
    capacity, reserve = account("capacity"), account("reserve")
    rows = [(capacity.pk, Decimal(-5)), (reserve.pk, Decimal(5))]
    draft = draft_entry(both, NOW, "total_discharge", rows, TERMS)
    for verb in (approve_entry, lambda *given: refuse_entry(*given, note="x")):
        with pytest.raises(Conflict, match="nobody approves"):
            verb(both, NOW, draft.pk)


@pytest.mark.parametrize("end", ["refused", "withdrawn", "posted"])
def test_what_is_over_stays_as_it_is(end: str) -> None:
    capacity, reserve = account("capacity"), account("reserve")
    rows = [(capacity.pk, Decimal(-5)), (reserve.pk, Decimal(5))]
    draft = draft_entry(KEEPER, NOW, "total_discharge", rows, TERMS)
    match end:
        case "refused":
            with pytest.raises(InvalidInput, match="say why"):
                refuse_entry(APPROVER, NOW, draft.pk, note=" ")
            refuse_entry(APPROVER, NOW, draft.pk, note="依据不足")
        case "withdrawn":
            withdraw_entry(KEEPER, NOW, draft.pk, note="重复")
        case _:
            posted(draft)
    for verb in (approve_entry, post_entry):
        with pytest.raises(Conflict, match=f"is {end}"):
            verb(APPROVER if verb is approve_entry else KEEPER, NOW, draft.pk)
    with pytest.raises(Conflict, match=f"is {end}"):
        withdraw_entry(KEEPER, NOW, draft.pk, note="x")


# What is refused


@pytest.mark.parametrize(
    ("amounts", "terms", "error", "field"),
    [
        (["-5", "4"], TERMS, Unbalanced, "postings"),
        (["0", "0"], TERMS, InvalidInput, None),
        ([], TERMS, InvalidInput, None),
        (["5", "-5"], TERMS, Shortfall, None),  # the reserve would hold less than nothing
        (["-0.0000001", "0.0000001"], TERMS, InvalidInput, None),
        (["-1E+30", "1E+30"], TERMS, InvalidInput, None),
        (["-5", "5"], Terms(" ", "x"), InvalidInput, "text"),
        (["-5", "5"], Terms("x", ""), InvalidInput, "decision"),
        (["-5", "5"], Terms("x" * 501, "x"), InvalidInput, "text"),
        (["-5", "5"], Terms("x", "x", date(1800, 1, 1)), InvalidInput, "effective_on"),
    ],
)
def test_what_is_no_entry(amounts: list[str], terms: Terms, error: type[Exception], field: str | None) -> None:
    both = (account("capacity"), account("reserve"))
    rows = [(one.pk, Decimal(amount)) for one, amount in zip(both, amounts, strict=False)]
    with pytest.raises(error) as refused:
        draft_entry(KEEPER, NOW, "total_discharge", rows, terms)
    if field:
        assert refused.value.field == field  # type: ignore[attr-defined]
    assert not LedgerEntry.objects.exists() and not LedgerPosting.objects.exists()


def test_an_entry_stays_within_one_ledger_and_within_sight() -> None:
    reserve, money = account("reserve"), fund("platform")
    with pytest.raises(InvalidInput, match="of another ledger"):
        draft_entry(KEEPER, NOW, "total_discharge", [(reserve.pk, Decimal(1)), (money.pk, Decimal(-1))], TERMS)
    stranger = actor(Role.DATA_STEWARD, region="420106", name="elsewhere")
    with pytest.raises(NotVisible):
        draft_entry(stranger, NOW, "total_discharge", [(reserve.pk, Decimal(1))], TERMS)
    with pytest.raises(InvalidInput, match="there is no ledger"):
        draft_entry(KEEPER, NOW, "gold", [(reserve.pk, Decimal(1))], TERMS)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ledger": "gold"}, "ledger"),
        ({"kind": "fund"}, "kind"),
        ({"unit": "kg"}, "unit"),
        ({"holder": " "}, "holder"),
        ({"item": ""}, "item"),
        ({"holder": "x" * 101}, "holder"),
    ],
)
def test_what_is_no_account(changes: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        account(**changes)
    assert error.value.field == field


def test_an_account_is_opened_once_by_those_who_keep_the_books() -> None:
    account()
    with pytest.raises(Conflict, match="open already"):
        account()
    with pytest.raises(NotPermitted):
        open_account(APPROVER, NOW, AccountDraft("total_discharge", "x", "a", "reserve", "t/a", region_code="420107"))


def test_a_trade_states_price_term_and_permit_change() -> None:
    fields = {"ledger": "traded_rights", "region_code": "420100"}
    seller, buyer = account("allocated", "S", **fields), account("traded", "B", **fields)
    outside = account("external", "x", **fields)
    details = {"price": "1200", "term": "2025-2030", "permit_change": "PC-7"}
    book((outside, "-10"), (seller, "10"), terms=Terms("核定富余", "决定", None, details))
    rows = [(seller.pk, Decimal(-4)), (buyer.pk, Decimal(4))]
    with pytest.raises(InvalidInput) as error:
        draft_entry(KEEPER, NOW, "traded_rights", rows, Terms("交易", "合同", None, {"price": "1"}))
    assert error.value.field == "details.term"
    entry = draft_entry(KEEPER, NOW, "traded_rights", rows, Terms("交易", "合同", None, details))
    assert posted(entry).details == details
    with pytest.raises(Shortfall):  # no more than the seller's surplus
        rows = [(seller.pk, Decimal("-6.1")), (buyer.pk, Decimal("6.1"))]
        draft_entry(KEEPER, NOW, "traded_rights", rows, Terms("交易", "合同", None, details))


def test_the_packs_hold_a_ledger_for_each_balance_of_the_city() -> None:
    kinds = ledger_kinds(NOW.date())
    assert list(kinds) == ["total_discharge", "traded_rights", "allowances", "compensation", "data_revenue"]
    assert all(set(one.kinds) <= set(AccountKind) for one in kinds.values())


# Reversal


def test_a_cancelled_project_posts_the_opposite_and_nothing_is_edited() -> None:
    reserve = endowed("35.0")
    first = posted(allocate(reserve, "A", "12.0", "over_standard"))
    undo = draft_reversal(KEEPER, NOW + DAY, first.pk, Terms("项目取消", "撤销决定"))
    assert (undo.form, undo.reverses, undo.details["factor"]) == ("reversal", first, "2")
    posted(undo, NOW + DAY)
    assert (held(reserve), held(project_account("A"))) == ("35", "0")
    assert LedgerEntry.objects.count() == 3 and verify_ledger("total_discharge").posted == 3


def test_an_entry_is_undone_once() -> None:
    reserve = endowed("35")
    first = posted(allocate(reserve, "A", "12", "attained"))
    undo = draft_reversal(KEEPER, NOW, first.pk, TERMS)
    with pytest.raises(Conflict, match=undo.number):
        draft_reversal(KEEPER, NOW, first.pk, TERMS)
    withdraw_entry(KEEPER, NOW, undo.pk, note="误操作")
    again = posted(draft_reversal(KEEPER, NOW, first.pk, TERMS))
    with pytest.raises(Conflict, match=again.number):
        draft_reversal(KEEPER, NOW, first.pk, TERMS)
    with pytest.raises(Conflict, match="itself a reversal"):
        draft_reversal(KEEPER, NOW, again.pk, TERMS)


def test_a_draft_is_withdrawn_and_not_reversed() -> None:
    draft = allocate(endowed("35"), "A", "1", "attained")
    with pytest.raises(Conflict, match="is not posted"):
        draft_reversal(KEEPER, NOW, draft.pk, TERMS)


def test_what_was_used_meanwhile_cannot_be_undone() -> None:
    reserve = endowed("10")
    endowment = LedgerEntry.objects.get()
    posted(allocate(reserve, "A", "6", "attained"))
    with pytest.raises(Shortfall):
        draft_reversal(KEEPER, NOW, endowment.pk, TERMS)


# Statements


def test_a_statement_tells_what_was_known_on_a_date() -> None:
    capacity, reserve = account("capacity"), account("reserve")
    book((capacity, "-10"), (reserve, "10"), at=NOW, terms=Terms("一", "d", date(2025, 1, 1)))
    book((capacity, "-5"), (reserve, "5"), at=NOW + DAY, terms=Terms("补记", "d", date(2025, 1, 1)))
    book((reserve, "-4"), (capacity, "4"), at=NOW + 2 * DAY, terms=Terms("三", "d", date(2025, 6, 1)))
    known = [str(short(statement(AUDITOR, reserve.pk, NOW + days * DAY).closing)) for days in (-1, 0, 1, 2)]
    assert known == ["0", "10", "15", "11"]
    found = statement(AUDITOR, reserve.pk, NOW + 2 * DAY)
    assert [(line.entry.text, str(short(line.balance))) for line in found.lines] == [
        ("一", "10"),
        ("补记", "15"),
        ("三", "11"),
    ]


def test_a_statement_of_a_span_carries_what_was_there_before() -> None:
    capacity, reserve = account("capacity"), account("reserve")
    for number, day in enumerate((date(2025, 1, 1), date(2025, 3, 1), date(2025, 9, 1)), start=1):
        book((capacity, f"-{number}"), (reserve, str(number)), terms=Terms(str(number), "d", day))
    found = statement(AUDITOR, reserve.pk, NOW, first=date(2025, 2, 1), last=date(2025, 6, 30))
    assert (str(short(found.opening)), len(found.lines), str(short(found.closing))) == ("1", 1, "3")
    with pytest.raises(InvalidInput):
        statement(AUDITOR, reserve.pk, NOW, first=date(2025, 2, 1), last=date(2025, 1, 1))


# Sight


def test_an_enterprise_sees_its_own_accounts_and_their_entries_alone() -> None:
    outlet("E-1")
    outlet("E-2", "420106")
    capacity = account("capacity")
    first = account("allocated", "E-1", region_code="")
    second = account("allocated", "E-2", region_code="")
    assert (first.region_code, first.enterprise_code, first.holder_name) == ("420107", "E-1", "青山E-1热电")
    one, two = book((capacity, "-1"), (first, "1")), book((capacity, "-2"), (second, "2"))
    mine = actor(Role.ENTERPRISE_USER, org="E-1")
    assert [row.pk for row in accounts(mine, AccountWanted())] == [first.pk]
    assert [row.pk for row in entries(mine, EntryWanted())] == [one.pk]
    with pytest.raises(NotVisible):
        statement(mine, second.pk, NOW)
    with pytest.raises(NotVisible):
        visible_entry(mine, two.pk)
    assert not list(accounts(actor(Role.CITIZEN), AccountWanted()))


def test_an_entry_over_several_districts_is_a_matter_of_the_city() -> None:
    outlet("E-1")
    outlet("E-2", "420106")
    capacity = account("capacity", "420100", region_code="420100")
    first = account("allocated", "E-1", region_code="")
    district = actor(Role.DATA_STEWARD, region="420107", name="district")
    rows = [(capacity.pk, Decimal(-1)), (first.pk, Decimal(1))]
    with pytest.raises(NotVisible):  # the account of the city is none of theirs
        draft_entry(district, NOW, "total_discharge", rows, TERMS)
    assert draft_entry(KEEPER, NOW, "total_discharge", rows, TERMS).region_code == "420100"


def test_lists_find_by_state_text_and_account() -> None:
    reserve = endowed("35")
    draft = allocate(reserve, "A", "12", "attained")
    assert [row.pk for row in entries(AUDITOR, EntryWanted(state="draft"))] == [draft.pk]
    assert [row.pk for row in entries(AUDITOR, EntryWanted(text=draft.number[-3:]))] == [draft.pk]
    target = project_account("A")
    assert [row.pk for row in entries(AUDITOR, EntryWanted(account=target.pk))] == [draft.pk]
    assert [row.pk for row in accounts(AUDITOR, AccountWanted(kind="allocated"))] == [target.pk]


# Evidence, tampering, properties


def test_an_entry_holds_its_papers_as_evidence() -> None:
    entry = allocate(endowed("35"), "A", "1", "attained")
    subject = of_ledger_entry(entry.pk)
    item = attach_file(
        OTHER_KEEPER,
        NOW,
        subject,
        b"%PDF-1.7 decision",
        kind=EvidenceKind.DOCUMENT,
        media_type="application/pdf",
        file_name="d.pdf",
    )
    assert item.record["ledger_entry"] == entry.number and verify_evidence(AUDITOR, subject).intact
    withdraw_entry(KEEPER, NOW, entry.pk, note="x")
    with pytest.raises(Conflict, match="withdrawn"):
        attach_file(
            OTHER_KEEPER,
            NOW,
            subject,
            b"%PDF-1.7 2",
            kind=EvidenceKind.DOCUMENT,
            media_type="application/pdf",
            file_name="d.pdf",
        )


@pytest.mark.parametrize("table", ["ledgeraccount", "ledgerentry", "ledgerposting", "ledgerstep"])
def test_the_database_refuses_to_change_the_books(table: str) -> None:
    endowed()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement_ in (f"DELETE FROM ledgers_{table}", f"UPDATE ledgers_{table} SET id = id"):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                cursor.execute(statement_)


@pytest.mark.parametrize(
    ("table", "sql", "reason"),
    [
        ("ledgerposting", "UPDATE ledgers_ledgerposting SET amount = amount * 2", "record_changed"),
        ("ledgerentry", "UPDATE ledgers_ledgerentry SET decision = 'another'", "record_changed"),
        ("ledgerstep", "UPDATE ledgers_ledgerstep SET prev_hash = repeat('a', 64) WHERE place = 1", "link_broken"),
    ],
)
def test_books_that_were_changed_past_the_triggers_are_named(table: str, sql: str, reason: str) -> None:
    endowed()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE ledgers_{table} DISABLE TRIGGER ledgers_{table}_append_only")
        cursor.execute(sql)
    report = verify_ledger("total_discharge")
    assert (report.intact, report.broken, report.reason) == (False, "L-2025-000001", reason)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.decimals("-50", "50", places=3), st.booleans()), max_size=8
    )
)
def test_whatever_is_booked_the_books_balance_and_no_guarded_account_is_below_nothing(steps: list[Any]) -> None:
    with transaction.atomic():
        rows = [account("capacity"), account("reserve"), account("allocated", "A"), account("allocated", "B")]
        for source, target, amount, undo in steps:
            try:
                pairs = [(rows[source].pk, amount), (rows[target].pk, amount.copy_negate())]
                entry = posted(draft_entry(KEEPER, NOW, "total_discharge", pairs, TERMS))
                if undo:
                    posted(draft_reversal(KEEPER, NOW, entry.pk, TERMS))
            except (InvalidInput, Conflict):
                continue
        sums = balances(rows)
        assert sum(sums.values()) == 0
        assert all(sums[row.pk] >= 0 for row in rows[1:])
        assert verify_ledger("total_discharge").intact
        assert set(LedgerStep.objects.filter(place=None).values_list("state", flat=True)) <= {"draft", "approved"}
        transaction.set_rollback(True)
