from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_card_number, make_cnaps
from enrollment.enums import RequestStatus
from enrollment.models import BankAccount, ChangedTraineeId, Enrollment, TraineeMerge
from enrollment.queries import current_account_of, rows_of_persons
from enrollment.services.accounts import AccountDetails, correct_bank_account
from enrollment.services.merges import approve_merge, propose_merge, refuse_merge
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory, EnrollmentFactory, TraineeFactory
from tests.factories.identity import ChangedTraineeIdFactory, TraineeMergeFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


def propose(kept, merged, **changed):
    return propose_merge(
        **{
            "kept_id": kept.pk,
            "merged_id": merged.pk,
            "reason": "The same ID card.",
            "proposer": UserFactory(municipal_operator=True),
            "now": NOW,
            **changed,
        }
    )


def decide(service, merge, **changed):
    return service(
        **{
            "merge_id": merge.pk,
            "decider": UserFactory(municipal_reviewer=True),
            "reason": "Compared with the register.",
            "now": NOW,
            **changed,
        }
    )


def merged_into(kept, merged):
    decide(approve_merge, propose(kept, merged))
    connection.check_constraints()
    kept.refresh_from_db()
    merged.refresh_from_db()


# ── One stands for both ──────────────────────────────────────────────────────────────────────────────────
def test_a_proposal_changes_nobody():
    kept, merged = TraineeFactory.create_batch(2)

    merge = propose(kept, merged)

    merged.refresh_from_db()
    assert (merge.status, merged.merged_into) == (RequestStatus.PROPOSED, None)
    assert AuditEvent.objects.get().name == "merge.proposed"


def test_the_merged_row_points_at_the_one_that_stays_and_keeps_its_history():
    kept, merged = TraineeFactory.create_batch(2)
    enrollment = EnrollmentFactory(trainee=merged)

    merged_into(kept, merged)

    assert (merged.merged_into, merged.person_id, kept.person_id) == (kept, kept.pk, kept.pk)
    assert Enrollment.objects.get(pk=enrollment.pk).trainee == merged
    assert (
        rows_of_persons([merged.pk]) == rows_of_persons([kept.pk]) == {kept.pk: kept.pk, merged.pk: kept.pk}
    )


def test_the_public_feed_names_the_change():
    kept, merged = TraineeFactory.create_batch(2)

    merged_into(kept, merged)

    line = ChangedTraineeId.objects.get()
    assert (line.former_public_id, line.public_id) == (merged.public_id, kept.public_id)


def test_registers_are_asked_again_about_both_rows():
    kept, merged = TraineeFactory.create_batch(2)
    before = [
        EnrollmentFactory(
            trainee=trainee,
            training_class__starts_on=date(year, 3, 3),
            training_class__ends_on=date(year, 4, 4),
        )
        for trainee, year in ((kept, 2025), (merged, 2026))
    ]
    gone = EnrollmentFactory(
        trainee=merged,
        status="WITHDRAWN",
        left_at=NOW,
        training_class__starts_on=date(2026, 6, 1),
        training_class__ends_on=date(2026, 7, 1),
    )
    stranger = EnrollmentFactory()

    merged_into(kept, merged)

    due = dict(Enrollment.objects.values_list("pk", "registers_due_at"))
    assert due == {**{enrollment.pk: NOW for enrollment in before}, gone.pk: None, stranger.pk: None}


def test_an_approval_leaves_events():
    kept, merged = TraineeFactory.create_batch(2)

    merged_into(kept, merged)

    names = list(AuditEvent.objects.order_by("id").values_list("name", flat=True))
    assert names == ["merge.proposed", "merge.approved", "trainee.merged"]


def test_whoever_went_into_the_merged_row_goes_on_with_it():
    first, second, third = TraineeFactory.create_batch(3)
    merged_into(second, first)

    merged_into(third, second)

    first.refresh_from_db()
    assert (first.merged_into, second.merged_into) == (third, third)
    lines = list(ChangedTraineeId.objects.order_by("id").values_list("former_public_id", "public_id"))
    assert lines[0] == (first.public_id, second.public_id)
    assert sorted(lines[1:]) == sorted(
        [(first.public_id, third.public_id), (second.public_id, third.public_id)]
    )


# ── Whose account ────────────────────────────────────────────────────────────────────────────────────────
def test_the_account_of_the_row_that_stays_is_the_persons():
    kept, merged = TraineeFactory.create_batch(2)
    own, other = BankAccountFactory(trainee=kept), BankAccountFactory(trainee=merged)

    merged_into(kept, merged)

    other.refresh_from_db()
    assert other.replaced_at == NOW
    assert current_account_of(merged.pk) == current_account_of(kept.pk) == own


def test_without_one_the_merged_rows_account_is_the_persons():
    kept, merged = TraineeFactory.create_batch(2)
    account = BankAccountFactory(trainee=merged)

    merged_into(kept, merged)

    account.refresh_from_db()
    assert account.replaced_at is None
    assert current_account_of(kept.pk) == account


def test_a_corrected_account_is_recorded_at_the_row_that_stays():
    kept, merged = TraineeFactory.create_batch(2)
    BankAccountFactory(trainee=merged)
    merged_into(kept, merged)

    corrected = correct_bank_account(
        trainee_id=merged.pk,
        operator=UserFactory(municipal_operator=True),
        account=AccountDetails(make_card_number(5), "示范银行", make_cnaps(1)),
        reason="The bank returned the money.",
        now=NOW,
    )

    assert corrected.trainee == kept
    assert current_account_of(merged.pk) == corrected
    assert BankAccount.objects.filter(replaced_at=None).count() == 2


# ── Refused ──────────────────────────────────────────────────────────────────────────────────────────────
def test_only_an_operator_proposes():
    with pytest.raises(NotPermitted):
        propose(*TraineeFactory.create_batch(2), proposer=UserFactory(municipal_reviewer=True))


def test_nobody_decides_their_own_proposal():
    merge = propose(*TraineeFactory.create_batch(2))

    for stranger in (merge.proposed_by, UserFactory(municipal_finance=True)):
        with pytest.raises(NotPermitted):
            decide(approve_merge, merge, decider=stranger)

    merge.refresh_from_db()
    assert (merge.status, ChangedTraineeId.objects.count()) == (RequestStatus.PROPOSED, 0)


@pytest.mark.parametrize("service", [approve_merge, refuse_merge])
def test_what_is_decided_is_not_decided_again(service):
    merge = propose(*TraineeFactory.create_batch(2))
    decide(approve_merge, merge)

    with pytest.raises(InvalidTransition):
        decide(service, merge)


def test_a_refusal_leaves_two_people_and_makes_room_for_another_proposal():
    kept, merged = TraineeFactory.create_batch(2)

    refused = decide(refuse_merge, propose(kept, merged))

    merged.refresh_from_db()
    assert (refused.status, merged.merged_into) == (RequestStatus.REFUSED, None)
    assert propose(kept, merged).status == RequestStatus.PROPOSED


def test_a_refusal_needs_its_reason():
    with pytest.raises(DomainError) as refusal:
        decide(refuse_merge, TraineeMergeFactory(), reason="")

    assert refusal.value.code == "reason_missing"


def test_a_row_is_not_merged_with_itself_or_without_a_reason():
    kept, merged = TraineeFactory.create_batch(2)

    with pytest.raises(DomainError) as same:
        propose(kept, kept)
    with pytest.raises(DomainError) as silent:
        propose(kept, merged, reason=" ")

    assert (same.value.code, silent.value.code) == ("same_row", "reason_missing")
    assert not TraineeMerge.objects.exists()


def test_a_row_is_proposed_once():
    kept, merged, other = TraineeFactory.create_batch(3)
    propose(kept, merged)

    with pytest.raises(DomainError) as refusal:
        propose(other, merged)

    assert refusal.value.code == "merge_proposed_already"


def test_there_are_no_chains():
    kept, merged, third = TraineeFactory.create_batch(3)
    late = propose(merged, third)
    merged_into(kept, merged)

    with pytest.raises(InvalidTransition) as into_a_gone_one:
        decide(approve_merge, late)
    with pytest.raises(InvalidTransition) as of_a_gone_one:
        propose(third, merged)

    third.refresh_from_db()
    assert third.merged_into is None
    assert {into_a_gone_one.value.code, of_a_gone_one.value.code} == {"merged_already"}


def in_class(trainee, month):
    return EnrollmentFactory(
        trainee=trainee,
        training_class__starts_on=date(2026, month, 1),
        training_class__ends_on=date(2026, month, 25),
    )


def test_one_person_is_not_in_two_classes_at_a_time():
    kept, merged = TraineeFactory.create_batch(2)
    one, other = in_class(kept, 5), in_class(merged, 5)

    with pytest.raises(DomainError) as refusal:
        propose(kept, merged)

    assert refusal.value.code == "classes_overlap"
    assert one.training_class.reference in str(refusal.value)
    assert other.training_class.reference in str(refusal.value)


def test_a_class_that_came_between_proposal_and_decision_stops_the_merge():
    kept, merged = TraineeFactory.create_batch(2)
    in_class(kept, 5)
    merge = propose(kept, merged)
    in_class(merged, 5)

    with pytest.raises(DomainError) as refusal:
        decide(approve_merge, merge)

    merge.refresh_from_db()
    assert (refusal.value.code, merge.status) == ("classes_overlap", RequestStatus.PROPOSED)


def test_classes_one_after_the_other_are_no_hindrance():
    kept, merged = TraineeFactory.create_batch(2)
    in_class(kept, 5)
    in_class(merged, 6)

    merged_into(kept, merged)

    assert merged.merged_into == kept


def test_classes_of_a_row_that_went_before_count_too():
    kept, merged, earlier = TraineeFactory.create_batch(3)
    merged_into(merged, earlier)
    in_class(kept, 5)
    in_class(earlier, 5)

    with pytest.raises(DomainError) as refusal:
        propose(kept, merged)

    assert refusal.value.code == "classes_overlap"


# ── The feed ─────────────────────────────────────────────────────────────────────────────────────────────
FEED = reverse("api-changed-trainee-numbers")


def test_the_feed_is_read_line_by_line_without_a_name(client):
    lines = ChangedTraineeIdFactory.create_batch(3)

    first = client.get(FEED, {"limit": 2})
    second = client.get(FEED, {"limit": 2, "after": first.json()["next_after"]})
    third = client.get(FEED, {"limit": 2, "after": second.json()["next_after"]})

    read = [line["id"] for page in (first, second, third) for line in page.json()["results"]]
    assert read == [line.pk for line in lines]
    assert first.json()["results"][0] == {
        "id": lines[0].pk,
        "former_number": str(lines[0].former_public_id),
        "number": str(lines[0].public_id),
        "changed_at": first.json()["results"][0]["changed_at"],
    }
    assert third.json() == {"results": [], "next_after": lines[-1].pk}


def test_a_full_page_is_kept_by_caches_and_the_last_one_only_for_a_moment(client):
    ChangedTraineeIdFactory.create_batch(2)

    assert client.get(FEED, {"limit": 2})["Cache-Control"] == "public, max-age=86400"
    assert client.get(FEED, {"limit": 3})["Cache-Control"] == "public, max-age=60"
    assert "Cookie" not in client.get(FEED).get("Vary", "")


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 1001}, {"after": -1}, {"after": "x"}, {"after": 2**63}]
)
def test_an_odd_question_to_the_feed_is_refused(client, query):
    assert client.get(FEED, query).status_code == 400


def test_the_feed_costs_one_query_beside_the_log(client, django_assert_num_queries):
    ChangedTraineeIdFactory.create_batch(5)

    with django_assert_num_queries(2):
        client.get(FEED)


def test_the_feeds_former_address_leads_to_the_present_one(client):
    answer = client.get(reverse("changed-trainee-numbers"), {"after": 3})

    assert (answer.status_code, answer["Location"]) == (308, f"{FEED}?after=3")
