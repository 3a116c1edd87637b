"""The list of certificates and decisions: what it is narrowed to, how a person is found, and its workbook."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.urls import reverse

from assessment.models import LevelCertificate
from enrollment.rules.identifiers import mask_name
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import Decision, PaymentStatus
from subsidies.services.decisions import decide_due_certificates
from subsidies.views import certificate_list
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import DistrictFactory
from tests.factories.subsidies import (
    decision_on,
    district_of,
    due_certificate,
    granted_certificate,
    open_programme,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(client_as):
    client = client_as(Role.MUNICIPAL_REVIEWER)
    client.cookies["django_language"] = "en"
    return client


def certificate_of(name, **attributes) -> LevelCertificate:
    return granted_certificate(attempt__enrollment__trainee=TraineeFactory(name=name), **attributes)


def narrowed(**chosen) -> set[int]:
    found = queries.certificates_chosen(LevelCertificate.objects.all(), chosen)
    return set(found.values_list("pk", flat=True))


def numbers_in(response) -> list[str]:
    return [row["certificate"].number for row in response.context["rows"]]


def find(client, person: str) -> list[str]:
    return numbers_in(client.post(reverse("certificate-list"), {"person": person}))


def exported(client, **query) -> list[tuple[object, ...]]:
    response = client.get(reverse("certificate-export"), query)
    assert response["Content-Type"].startswith("application/vnd.openxmlformats")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    return list(book.active.values)


def test_the_list_is_narrowed_by_decision_reason_payment_and_day():
    open_programme()
    granted = granted_certificate()
    held = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide_due_certificates(now=NOW)
    waiting = due_certificate()
    reason = decision_on(held).reason
    day = NOW.date()

    assert narrowed() == {granted.pk, held.pk, waiting.pk}
    assert narrowed(decision=Decision.GRANTED) == {granted.pk}
    assert narrowed(decision="WAITING") == {waiting.pk}
    assert narrowed(reason=reason) == {held.pk}
    assert narrowed(payment=PaymentStatus.READY) == {granted.pk}
    assert narrowed(since=day, until=day) == {granted.pk, held.pk}
    assert narrowed(since=day + timedelta(days=1)) == narrowed(until=day - timedelta(days=1)) == set()
    assert narrowed(decision=Decision.HELD, payment=PaymentStatus.READY) == set()
    assert narrowed(q=held.number) == {held.pk}


def test_the_list_is_narrowed_to_a_district_and_what_waits_belongs_to_that_of_its_class():
    open_programme()
    decided = granted_certificate()
    waiting = due_certificate()

    assert narrowed(district=district_of(decided).code) == {decided.pk}
    assert narrowed(district=district_of(waiting).code) == {waiting.pk}
    assert narrowed(district=DistrictFactory().code) == set()


def test_a_person_is_found_by_name_and_by_id_number_that_no_address_holds(reviewer):
    open_programme()
    found, other = certificate_of("张小丽"), certificate_of("李大海")

    assert find(reviewer, " 张小丽 ") == [found.number]
    assert find(reviewer, found.trainee.id_number) == [found.number]
    assert find(reviewer, other.trainee.id_number.lower()) == [other.number]
    assert find(reviewer, "张小") == find(reviewer, "") == find(reviewer, "\x00") == []
    in_address = reviewer.get(reverse("certificate-list"), {"person": "张小丽"})
    assert set(numbers_in(in_address)) == {found.number, other.number}
    assert "张小丽" not in in_address.content.decode().replace("person=", "")


def test_a_district_finds_only_its_own_people(client_as):
    open_programme()
    own, other = certificate_of("张小丽"), certificate_of("张小丽")
    client = client_as(Role.DISTRICT_REVIEWER, district=district_of(own))

    assert find(client, "张小丽") == [own.number]
    assert find(client, other.trainee.id_number) == []
    assert [row[0] for row in exported(client)[1:]] == [own.number]
    assert "district" not in client.get(reverse("certificate-list")).context["form"].fields


def test_filters_stay_in_the_links_and_an_impossible_one_asks_for_nothing(reviewer):
    open_programme()
    certificate = granted_certificate()
    address = reverse("certificate-list")

    text = reviewer.get(address, {"decision": "GRANTED", "since": "2020-01-02"}).content.decode()
    assert f'{reverse("certificate-export")}?decision=GRANTED&amp;since=2020-01-02"' in text
    for query in ({"decision": "x"}, {"since": "x"}, {"q": "\x00"}, {"district": "x"}, {"payment": "x"}):
        assert numbers_in(reviewer.get(address, query)) == [certificate.number]


def test_the_list_is_exported_as_it_is_narrowed_with_names_masked(reviewer):
    open_programme()
    granted = granted_certificate()
    due_certificate()

    head, row = exported(reviewer, decision="GRANTED")

    facts = dict(zip(head, row, strict=True))
    assert facts["Certificate number"] == granted.number
    assert facts["Trainee (masked)"] == mask_name(granted.trainee.name) != granted.trainee.name
    assert facts["District"] == district_of(granted).name
    assert facts["Amount"] == float(decision_on(granted).amount)
    assert facts["Decided on"] == NOW.date().isoformat()
    assert facts["Decision"] == "Granted"
    assert len(exported(reviewer)) == 3


def test_the_export_ends_at_its_limit_and_begins_with_the_newest(reviewer, monkeypatch):
    monkeypatch.setattr(certificate_list, "EXPORTED_AT_MOST", 1)
    due_certificate()
    newest = due_certificate()

    assert [row[0] for row in exported(reviewer)[1:]] == [newest.number]


def test_the_list_says_which_check_is_not_met(reviewer):
    open_programme()
    due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide_due_certificates(now=NOW)

    assert "Not met: The bank account is known" in reviewer.get(reverse("certificate-list")).content.decode()


def test_the_list_costs_the_same_for_many(reviewer, django_assert_max_num_queries):
    for _number in range(5):
        due_certificate()

    with django_assert_max_num_queries(10):
        reviewer.get(reverse("certificate-list"))
