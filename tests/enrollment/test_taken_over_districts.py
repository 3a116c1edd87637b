"""The classes of a district that is gone: whoever took over from it does its work."""

import pytest
from django.urls import reverse

from enrollment import policies, queries
from enrollment.enums import ClassStatus, RequestStatus
from enrollment.services.answers import cancel_class, confirm_class
from institutions.queries import districts_answered_for, institutions_visible_to
from tests.clock import NOW
from tests.enrollment.filings import ENDS_ON, STARTS_ON
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.filings import DistrictSuccessionFactory
from tests.factories.identity import (
    EvidenceCorrectionFactory,
    ExportFactory,
    IdentityCorrectionFactory,
    RevealFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

KINDS = {"identity": IdentityCorrectionFactory, "evidence": EvidenceCorrectionFactory}


@pytest.fixture
def gone():
    """Return a district from which a second took over, from which a third did."""
    return DistrictSuccessionFactory().predecessor


@pytest.fixture
def heir(gone):
    """Return the third: it answers for the first by way of the second."""
    middle = gone.successions.get().successor
    return DistrictSuccessionFactory(predecessor=middle).successor


def clerk_of(district, role="district_reviewer"):
    return UserFactory(**{role: True}, district=district)


def class_of(district, **changed):
    return TrainingClassFactory(
        institution__district=district, starts_on=STARTS_ON, ends_on=ENDS_ON, **changed
    )


def test_a_district_answers_for_itself_and_for_those_that_it_took_over_from(gone, heir):
    middle = gone.successions.get().successor

    assert districts_answered_for(clerk_of(heir)) == {gone.pk, middle.pk, heir.pk}
    assert districts_answered_for(clerk_of(middle)) == {gone.pk, middle.pk}
    # Whoever was taken over from does not answer for whoever took over.
    assert districts_answered_for(clerk_of(gone)) == {gone.pk}
    assert districts_answered_for(UserFactory(municipal_reviewer=True)) == frozenset()


def test_the_classes_and_institutions_of_a_district_that_is_gone_are_seen_by_the_heir(gone, heir):
    former, own = class_of(gone), class_of(heir)

    assert set(queries.classes_visible_to(clerk_of(heir))) == {former, own}
    assert set(institutions_visible_to(clerk_of(heir))) == {former.institution, own.institution}
    assert set(queries.classes_visible_to(clerk_of(gone))) == {former}
    assert set(institutions_visible_to(clerk_of(gone))) == {former.institution}
    assert not queries.classes_visible_to(UserFactory(district_reviewer=True)).exists()


def test_the_heir_answers_a_filing_that_went_to_a_district_that_is_gone(gone, heir):
    training_class = class_of(gone)

    confirm_class(class_id=training_class.pk, confirmer=clerk_of(heir), now=NOW)

    training_class.refresh_from_db()
    assert training_class.status == ClassStatus.CONFIRMED


def test_the_heir_is_offered_the_filing_and_the_acts_on_it(client_of, gone, heir):
    training_class = class_of(gone)
    client = client_of(clerk_of(heir))

    waiting = client.get(reverse("filing-list"))
    page = client.get(reverse("class-detail", args=[training_class.public_id]))

    assert [row.may_answer for row in waiting.context["rows"]] == [True]
    assert page.context["may_answer"]


def test_the_heir_calls_off_a_class_that_runs(gone, heir):
    training_class = class_of(gone, running=True)

    cancel_class(class_id=training_class.pk, canceller=clerk_of(heir), reason="The roof fell in.", now=NOW)

    training_class.refresh_from_db()
    assert training_class.status == ClassStatus.CANCELLED


@pytest.mark.parametrize("kind", KINDS)
def test_the_heir_sees_and_decides_a_correction(client_of, gone, heir, kind):
    correction = KINDS[kind](enrollment__training_class=class_of(gone, confirmed=True))
    client = client_of(clerk_of(heir))

    def url(page):
        return reverse(f"{kind}-correction-{page}", args=[correction.public_id])

    waiting = client.get(reverse(f"{kind}-correction-list")).content.decode()
    assert url("detail") in waiting
    assert url("approve") in client.get(url("detail")).content.decode()
    assert client.get(url("evidence")).status_code == 200
    assert client.post(url("refuse"), {"reason": "The scan is unreadable."}).status_code == 302
    correction.refresh_from_db()
    assert correction.status == RequestStatus.REFUSED


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_was_taken_over_from_decides_nothing_of_the_heirs(client_of, gone, heir, kind):
    correction = KINDS[kind](enrollment__training_class=class_of(heir, confirmed=True))
    client = client_of(clerk_of(gone))

    refused = client.post(
        reverse(f"{kind}-correction-refuse", args=[correction.public_id]), {"reason": "Not theirs."}
    )

    correction.refresh_from_db()
    assert (refused.status_code, correction.status) == (404, RequestStatus.PROPOSED)


def test_the_heir_does_all_for_the_people_of_a_class_that_its_own_office_could_do(client_of, gone, heir):
    correction = IdentityCorrectionFactory(enrollment__training_class=class_of(gone, confirmed=True))
    enrollment, user = correction.enrollment, clerk_of(heir)
    elsewhere = TrainingClassFactory(
        confirmed=True, occupation=enrollment.training_class.occupation, starts_on=STARTS_ON, ends_on=ENDS_ON
    )

    page = client_of(user).get(reverse("enrollment-detail", args=[enrollment.public_id]))

    assert page.context["reveal_form"]
    assert page.context["may_transfer"]
    assert set(queries.transfer_targets(user, enrollment, today=NOW.date())) == {elsewhere}
    assert policies.can_ask_registers(user, enrollment.training_class, districts_answered_for(user))


def test_the_heirs_lead_looks_after_what_was_shown_in_a_district_that_is_gone(gone, heir):
    former = clerk_of(gone)
    reveal = RevealFactory(revealed_to=former)
    export = ExportFactory(requested_by=former)
    RevealFactory(revealed_to=UserFactory(district_reviewer=True))
    lead = clerk_of(heir, "district_lead")

    assert set(queries.reveals_visible_to(lead)) == {reveal}
    assert set(queries.exports_overseen_by(lead)) == {export}
    assert not queries.reveals_visible_to(clerk_of(heir)).exists()
