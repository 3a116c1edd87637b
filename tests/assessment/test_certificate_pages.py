import pytest
from django.test import Client
from django.urls import reverse

from assessment import queries
from assessment.enums import CertificateOrigin, CertificateStatus
from assessment.models import CertificateRevocation, LevelCertificate
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.rules.identifiers import mask_name
from institutions.models import ProgrammeYear
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    CertificateRevocationFactory,
    LevelCertificateFactory,
)
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import InstitutionFactory, UserFactory
from tests.factories.subsidies import revoke

pytestmark = pytest.mark.django_db


def browser_of(user):
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(user)
    return client


def issuer_of(certificate):
    """Return a browser of the certificate's own institution."""
    return browser_of(UserFactory(evaluation_operator=True, institution=certificate.institution))


def page(client, route, row=None, **query):
    response = client.get(reverse(route, args=[row.public_id] if row else []), query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def bureau():
    return browser_of(UserFactory(municipal_reviewer=True))


def numbers_in(text, certificates):
    return [certificate.number for certificate in certificates if certificate.number in text]


def test_number_finds_one_certificate(bureau):
    certificates = LevelCertificateFactory.create_batch(2)

    text = page(bureau, "level-certificate-list", number=f" {certificates[0].number} ")

    assert numbers_in(text, certificates) == [certificates[0].number]


def test_number_is_found_however_it_is_typed(bureau):
    certificate = LevelCertificateFactory(number="CQ-AI-7")

    assert certificate.number in page(bureau, "level-certificate-list", number="cq -ＡＩ-7")


def named(client, name, **fields):
    """Return the list as a posted search for a name shows it."""
    response = client.post(reverse("level-certificate-list"), {"name": name, **fields})
    assert response.status_code == 200
    return response.content.decode()


def test_whole_name_finds_the_people_who_bear_it_now():
    institution = InstitutionFactory()
    before, now, merged = (
        LevelCertificateFactory(
            attempt__session__institution=institution, attempt__enrollment__trainee__name=name
        )
        for name in ("吴敏", "吴敏丽", "吴敏")
    )
    merged.trainee.merged_into = TraineeFactory(name="吴敏丽")
    merged.trainee.save()

    text = named(issuer_of(now), "吴敏丽")

    assert numbers_in(text, (before, now, merged)) == [now.number, merged.number]


def test_part_of_a_name_finds_nobody():
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__name="吴敏丽")

    assert certificate.number not in named(issuer_of(certificate), "吴敏")


def test_name_stands_in_no_address():
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__name="吴敏丽")
    client = issuer_of(certificate)

    in_address = page(client, "level-certificate-list", name="张甲")
    without = client.post(reverse("level-certificate-list"), {"name": " ", "status": "VALID", "year": ""})

    assert certificate.number in in_address
    assert "张甲" not in in_address
    assert without.url == reverse("level-certificate-list") + "?status=VALID"


def test_search_for_a_name_shows_one_page_and_says_so():
    institution = InstitutionFactory()
    first, *others = LevelCertificateFactory.create_batch(
        51, attempt__session__institution=institution, attempt__enrollment__trainee__name="吴敏丽"
    )

    text = named(issuer_of(first), "吴敏丽")

    assert numbers_in(text, (first, *others)) == [each.number for each in others]
    assert "More certificates than these fit." in text
    assert "after=" not in text


def test_masks_are_not_taken_off_by_searching_for_a_name(bureau):
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__name="吴敏丽")
    search = queries.CertificateSearch(name="张甲")

    found = queries.certificates_found(UserFactory(municipal_auditor=True), search)

    assert list(found) == [certificate]
    assert 'name="name"' not in page(bureau, "level-certificate-list")
    assert bureau.post(reverse("level-certificate-list"), {"name": "张甲"}).status_code == 302


def test_whoever_sees_masked_names_is_offered_no_file():
    certificate = LevelCertificateFactory()

    text = page(browser_of(UserFactory(municipal_auditor=True)), "level-certificate-detail", certificate)

    assert reverse("certificate-pdf", args=[certificate.public_id]) not in text
    assert reverse("certificate-credential", args=[certificate.public_id]) not in text


def test_status_narrows_the_list(bureau):
    valid, revoked = LevelCertificateFactory(), revoke(LevelCertificateFactory())

    text = page(bureau, "level-certificate-list", status="REVOKED")

    assert numbers_in(text, (valid, revoked)) == [revoked.number]


def test_year_narrows_the_list(bureau):
    ProgrammeYear.objects.create(year=2025, target=1)
    ProgrammeYear.objects.create(year=2026, target=1)
    earlier, later = (LevelCertificateFactory(issued_on=day) for day in ("2025-12-31", "2026-01-01"))

    text = page(bureau, "level-certificate-list", year=2025)

    assert numbers_in(text, (earlier, later)) == [earlier.number]


def test_session_narrows_the_list(bureau):
    own, other = LevelCertificateFactory.create_batch(2)

    text = page(bureau, "level-certificate-list", session=own.attempt.session.public_id)

    assert numbers_in(text, (own, other)) == [own.number]
    assert own.attempt.session.reference in text


def test_pages_keep_what_the_list_is_narrowed_to(bureau):
    session = LevelCertificateFactory().attempt.session
    LevelCertificateFactory.create_batch(50, attempt__session=session)

    text = page(bureau, "level-certificate-list", session=session.public_id, status="VALID")

    assert f"session={session.public_id}&amp;status=VALID&amp;after=" in text


@pytest.mark.parametrize("query", [{"year": "x"}, {"session": "x"}, {"status": "x"}, {"after": "x"}], ids=str)
def test_filter_that_cannot_be_read_does_not_narrow(bureau, query):
    certificate = LevelCertificateFactory()

    assert certificate.number in page(bureau, "level-certificate-list", **query)


def test_list_asks_the_same_number_of_queries_whatever_its_length(bureau, django_assert_max_num_queries):
    LevelCertificateFactory.create_batch(8)

    with django_assert_max_num_queries(6):
        page(bureau, "level-certificate-list")


@pytest.mark.parametrize("is_issuer", [True, False], ids=["issuer", "bureau"])
def test_name_is_whole_for_the_issuer_and_masked_for_others(bureau, is_issuer):
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__name="吴敏丽")
    client = issuer_of(certificate) if is_issuer else bureau

    for text in (
        page(client, "level-certificate-list"),
        page(client, "level-certificate-detail", certificate),
    ):
        assert ("吴敏丽" in text) is is_issuer
        assert (mask_name("吴敏丽") in text) is not is_issuer


def test_certificate_shows_the_present_name_and_no_whole_id_number():
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__name="吴敏")
    certificate.trainee.merged_into = TraineeFactory(name="吴敏丽")
    certificate.trainee.save()

    text = page(issuer_of(certificate), "level-certificate-detail", certificate)

    assert "吴敏丽" in text
    assert certificate.trainee.id_number not in text
    assert certificate.trainee.merged_into.id_number not in text


def test_ended_certificate_says_through_whom_when_and_why(bureau):
    certificate = revoke(LevelCertificateFactory())

    text = page(bureau, "level-certificate-detail", certificate)

    assert "Somebody else sat the examination." in text
    assert str(certificate.ended_by) in text
    assert "2026-10-20 10:00" in text
    assert reverse("revocation-propose", args=[certificate.public_id]) not in text


def test_certificate_leads_to_what_stands_around_it(bureau):
    certificate = LevelCertificateFactory()

    text = page(bureau, "level-certificate-detail", certificate)

    for name, row in (
        ("certificate-pdf", certificate),
        ("certificate-credential", certificate),
        ("certificate-detail", certificate),
        ("session-detail", certificate.attempt.session),
        ("candidate-detail", certificate.attempt.session.candidates.get()),
    ):
        assert reverse(name, args=[row.public_id]) in text


def test_district_is_not_led_where_it_may_not_go():
    certificate = LevelCertificateFactory()
    district = certificate.attempt.enrollment.training_class.district
    client = browser_of(UserFactory(district_reviewer=True, district=district))

    text = page(client, "level-certificate-detail", certificate)

    assert reverse("session-detail", args=[certificate.attempt.session.public_id]) not in text
    assert reverse("level-certificate-reissue", args=[certificate.public_id]) not in text
    assert reverse("revocation-propose", args=[certificate.public_id]) not in text
    assert reverse("certificate-detail", args=[certificate.public_id]) in text


def test_revocation_goes_from_the_proposal_to_the_decision(bureau):
    certificate = LevelCertificateFactory()

    proposed = issuer_of(certificate).post(
        reverse("revocation-propose", args=[certificate.public_id]), {"reason": "Somebody else sat."}
    )
    revocation = CertificateRevocation.objects.get()
    waiting = page(bureau, "revocation-list")
    decided = bureau.post(reverse("revocation-approve", args=[revocation.public_id]), {"reason": ""})

    certificate.refresh_from_db()
    assert (proposed.status_code, decided.status_code) == (302, 302)
    assert certificate.number in waiting
    assert "Somebody else sat." in waiting
    assert certificate.status == CertificateStatus.REVOKED
    assert certificate.number in page(bureau, "revocation-list", show="all")


def test_proposal_without_a_reason_is_asked_for_it(bureau):
    certificate = LevelCertificateFactory()

    response = bureau.post(reverse("revocation-propose", args=[certificate.public_id]), {"reason": " "})

    assert response.status_code == 422
    assert not CertificateRevocation.objects.exists()


def test_address_of_a_proposal_leads_back_to_the_certificate(bureau):
    certificate = LevelCertificateFactory()

    response = bureau.get(reverse("revocation-propose", args=[certificate.public_id]))

    assert response.url == reverse("level-certificate-detail", args=[certificate.public_id])


def test_proposer_sees_no_form_to_decide():
    reviewer = UserFactory(municipal_reviewer=True)
    revocation = CertificateRevocationFactory(proposed_by=reviewer)

    text = page(browser_of(reviewer), "revocation-detail", revocation)

    assert reverse("revocation-approve", args=[revocation.public_id]) not in text


def test_refusal_without_a_reason_changes_nothing(bureau):
    revocation = CertificateRevocationFactory()

    response = bureau.post(reverse("revocation-refuse", args=[revocation.public_id]), {"reason": ""})

    revocation.refresh_from_db()
    assert (response.status_code, revocation.status) == (422, RequestStatus.PROPOSED)


def test_certificate_in_question_offers_neither_a_reissue_nor_a_print():
    certificate = CertificateRevocationFactory().certificate

    text = page(issuer_of(certificate), "level-certificate-detail", certificate)

    assert reverse("level-certificate-reissue", args=[certificate.public_id]) not in text
    assert reverse("certificate-pdf", args=[certificate.public_id]) not in text
    assert reverse("certificate-credential", args=[certificate.public_id]) not in text


def test_reissue_leads_to_the_other_certificate_and_back():
    AssessmentPolicyFactory(in_force=("2025-01-01", "2031-01-01"))
    former = LevelCertificateFactory()
    client = issuer_of(former)

    response = client.post(
        reverse("level-certificate-reissue", args=[former.public_id]),
        {"why": "LOST", "note": "", "number": "new -001", "issued_on": "2026-10-01"},
    )

    other = LevelCertificate.objects.get(number="NEW-001")
    assert response.url == reverse("level-certificate-detail", args=[other.public_id])
    assert former.number in page(client, "level-certificate-detail", other)
    assert other.number in page(client, "level-certificate-detail", former)


def test_refused_reissue_says_why_at_its_field():
    AssessmentPolicyFactory(in_force=("2025-01-01", "2031-01-01"))
    former = LevelCertificateFactory()

    response = issuer_of(former).post(
        reverse("level-certificate-reissue", args=[former.public_id]),
        {"why": "LOST", "note": "", "number": "NEW-001", "issued_on": "2026-07-19"},
    )

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"issued_on"}
    assert LevelCertificate.objects.count() == 1


def test_portal_asks_for_no_number_that_it_gives():
    former = LevelCertificateFactory(attempt__session__certificate_origin=CertificateOrigin.PORTAL)

    text = page(issuer_of(former), "level-certificate-reissue", former)

    assert 'name="number"' not in text
