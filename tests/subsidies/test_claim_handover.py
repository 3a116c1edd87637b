"""A retired district's claims go to a successor by an act, each with its state and its last day."""

from datetime import date

import pytest

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import ClaimStatus, NotificationKind
from subsidies.models import ClaimHandover, Notification, SubsidyClaim
from subsidies.services.claim_clocks import hand_over_claims
from tests.clock import NOW
from tests.factories.claim_reviews import (
    TODAY,
    accept_all,
    confirmed,
    fresh,
    recommended,
    recommended_claim,
    retire,
    reviewer_of,
    submitted_claim,
)
from tests.factories.claims import SubsidyClaimFactory
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.standing import known_years

pytestmark = pytest.mark.django_db


def hand_over(retired, heir, claims=None, *, actor=None, reason="The district was merged.") -> int:
    return hand_over_claims(
        from_district_id=retired.pk,
        to_district_id=heir.pk,
        claim_ids=None if claims is None else [claim.pk for claim in claims],
        reason=reason,
        actor=actor or UserFactory(municipal_operator=True),
        now=NOW,
    )


def code_of(act) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def test_all_live_claims_of_a_retired_district_go_to_its_successor():
    retired = DistrictFactory()
    live = [
        SubsidyClaimFactory(district=retired),
        SubsidyClaimFactory(district=retired, submitted=True, due_on=date(2026, 11, 3)),
        SubsidyClaimFactory(district=retired, returned=True),
        SubsidyClaimFactory(district=retired, recommended=True),
    ]
    done = [
        SubsidyClaimFactory(district=retired, confirmed=True),
        SubsidyClaimFactory(district=retired, refused=True),
        SubsidyClaimFactory(district=retired, lapsed=True),
    ]
    heir, actor = retire(retired), UserFactory(municipal_operator=True)
    before = {claim.pk: (claim.status, claim.due_on) for claim in live}

    assert hand_over(retired, heir, actor=actor) == 4

    moved = SubsidyClaim.objects.filter(district=heir)
    assert {claim.pk: (claim.status, claim.due_on) for claim in moved} == before
    assert set(SubsidyClaim.objects.filter(district=retired)) == set(done)
    row = ClaimHandover.objects.get(claim=live[0])
    assert (row.from_district, row.to_district, row.handed_over_by) == (retired, heir, actor)
    assert AuditEvent.objects.filter(name="claim.handed_over", actor=actor).count() == 4


def test_the_successor_goes_on_with_the_review_and_the_former_clerks_see_nothing():
    known_years(2026)
    claim = submitted_claim()
    former = reviewer_of(claim)
    accept_all(claim, former)
    heir = retire(claim.district)

    hand_over(claim.district, heir)

    successor = UserFactory(district_reviewer=True, district=heir)
    assert list(queries.claims_in_queue(former)) == []
    assert list(queries.claims_visible_to(former)) == []
    assert list(queries.claims_in_queue(successor)) == [claim]
    with pytest.raises(NotPermitted):
        recommended(claim, former)
    claim = recommended(claim, successor)
    assert (claim.status, claim.recommended_by) == (ClaimStatus.RECOMMENDED, successor)


def test_what_the_former_district_recommended_is_confirmed_as_it_is():
    claim = recommended_claim()
    hand_over(claim.district, retire(claim.district))

    assert confirmed(claim).status == ClaimStatus.CONFIRMED


def test_the_choice_of_claims_goes_and_the_others_stay():
    retired = DistrictFactory()
    chosen, other = (SubsidyClaimFactory(district=retired, submitted=True) for _ in range(2))
    one, another = retire(retired), DistrictFactory()
    retire_into = retire(retired, successor=another)

    assert hand_over(retired, one, [chosen]) == 1
    assert hand_over(retired, retire_into, [other]) == 1

    assert (fresh(chosen).district, fresh(other).district) == (one, another)


def test_a_successors_successor_gets_them_too():
    retired = DistrictFactory()
    SubsidyClaimFactory(district=retired, submitted=True)
    last = retire(retire(retired))

    assert queries.successors_of(retired.pk, TODAY) == [last]
    assert hand_over(retired, last) == 1


def test_a_successor_that_is_no_more_gets_nothing():
    retired = DistrictFactory()
    SubsidyClaimFactory(district=retired, submitted=True)
    middle = retire(retired)
    retire(middle)

    assert code_of(lambda: hand_over(retired, middle)) == "not_a_successor"


def test_claims_are_handed_over_to_a_successor_of_a_retired_district_only():
    retired, standing = DistrictFactory(), DistrictFactory()
    SubsidyClaimFactory(district=retired, submitted=True)
    SubsidyClaimFactory(district=standing, submitted=True)
    heir = retire(retired)

    assert code_of(lambda: hand_over(standing, heir)) == "district_exists"
    assert code_of(lambda: hand_over(retired, standing)) == "not_a_successor"
    assert code_of(lambda: hand_over(retired, retired)) == "not_a_successor"
    assert not ClaimHandover.objects.exists()


def test_a_handover_has_a_reason_and_something_to_hand_over():
    retired = DistrictFactory()
    heir = retire(retired)
    elsewhere = SubsidyClaimFactory(submitted=True)
    ended = SubsidyClaimFactory(district=retired, refused=True)

    assert code_of(lambda: hand_over(retired, heir, reason="\u200b")) == "reason_missing"
    assert code_of(lambda: hand_over(retired, heir)) == "nothing_to_hand_over"
    assert code_of(lambda: hand_over(retired, heir, [elsewhere])) == "claims_moved"
    assert code_of(lambda: hand_over(retired, heir, [ended])) == "claims_moved"


def test_claims_that_were_handed_over_are_not_handed_over_again():
    retired = DistrictFactory()
    claim = SubsidyClaimFactory(district=retired, submitted=True)
    heir = retire(retired)
    hand_over(retired, heir, [claim])

    assert code_of(lambda: hand_over(retired, heir, [claim])) == "claims_moved"
    assert ClaimHandover.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_OPERATOR])
def test_only_the_municipal_operator_hands_over(role):
    retired = DistrictFactory()
    SubsidyClaimFactory(district=retired, submitted=True)
    heir = retire(retired)

    with pytest.raises(NotPermitted):
        hand_over(retired, heir, actor=UserFactory(**{role.lower(): True}))


def test_retired_districts_whose_claims_wait_are_named():
    retired, without, standing = DistrictFactory(), DistrictFactory(), DistrictFactory()
    SubsidyClaimFactory(district=retired, submitted=True)
    SubsidyClaimFactory(district=without, refused=True)
    SubsidyClaimFactory(district=standing, submitted=True)
    retire(retired)
    retire(without)

    assert queries.retired_districts_with_claims(TODAY) == [retired]


def test_who_took_over_is_told_how_many_claims_came():
    retired = DistrictFactory()
    SubsidyClaimFactory.create_batch(2, district=retired)
    heir = retire(retired)

    hand_over(retired, heir)

    told = Notification.objects.filter(kind=NotificationKind.CLAIMS_HANDED_OVER, district=heir)
    assert {message.role for message in told} == {Role.DISTRICT_REVIEWER, Role.DISTRICT_LEAD}
    assert {message.facts["waiting"] for message in told} == {2}


def test_many_claims_are_handed_over_in_a_few_queries(django_assert_max_num_queries):
    retired = DistrictFactory()
    for _ in range(6):
        SubsidyClaimFactory(district=retired, submitted=True)
    heir, actor = retire(retired), UserFactory(municipal_operator=True)

    with django_assert_max_num_queries(14):
        hand_over(retired, heir, actor=actor)
