import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from institutions.models import User
from subsidies.models import OtherSubsidy
from tests.factories.decisions import OtherSubsidyFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import due_certificate, granted_certificate
from tests.subsidies.test_record_other_subsidies import cells_of, file_of

pytestmark = pytest.mark.django_db

LIST = "other-subsidy-list"


def signed_in(role: str = "municipal_operator") -> Client:
    client = Client()
    client.force_login(UserFactory(**{role: True}))
    client.cookies["django_language"] = "en"
    return client


def page(client: Client, **filters: str) -> str:
    return client.get(reverse(LIST), filters).content.decode()


def upload(client: Client, content: bytes):
    return client.post(reverse("other-subsidy-upload"), {"file": SimpleUploadedFile("list.xlsx", content)})


def test_the_list_masks_id_numbers_and_leads_to_our_own_grant():
    granted = granted_certificate()
    OtherSubsidyFactory(trainee=granted.trainee, occupation=granted.occupation, level=granted.level)

    content = page(signed_in("municipal_auditor"))

    assert granted.trainee.id_number not in content
    assert granted.number in content


def test_the_list_is_filtered_by_programme_and_by_whether_it_counts():
    OtherSubsidyFactory(programme="Alpha")
    OtherSubsidyFactory(programme="Beta", withdrawn=True)
    client = signed_in()

    assert "Beta" not in page(client, programme="alp")
    assert "Alpha" not in page(client, status="WITHDRAWN")
    assert "Alpha" in page(client, status="STANDING")


def test_a_person_is_found_by_a_name_that_no_address_holds():
    found, other = OtherSubsidyFactory(programme="Alpha"), OtherSubsidyFactory(programme="Beta")

    response = signed_in().post(reverse(LIST), {"name": found.trainee.name})

    content = response.content.decode()
    assert "Alpha" in content
    assert other.trainee.name == found.trainee.name or "Beta" not in content


@pytest.mark.parametrize("role", ["district_reviewer", "evaluation_operator", "training_operator"])
def test_other_offices_see_nothing_of_it(role):
    other = OtherSubsidyFactory()
    client = signed_in(role)

    assert client.get(reverse(LIST)).status_code == 403
    assert client.get(reverse("other-subsidy-withdraw"), {"other_subsidy": other.pk}).status_code == 404


def test_one_is_recorded_in_the_form():
    response = signed_in().post(reverse("other-subsidy-record"), cells_of(due_certificate()), follow=True)

    assert response.redirect_chain == [(reverse(LIST), 302)]
    assert "1 subsidy is recorded." in response.content.decode()


def test_what_is_wrong_stands_at_its_field():
    response = signed_in().post(
        reverse("other-subsidy-record"), cells_of(due_certificate(), amount="much", occupation="9-9")
    )

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"amount", "occupation"}


def test_a_file_is_recorded_and_the_grant_that_stands_is_told():
    response = upload(signed_in(), file_of(cells_of(granted_certificate()), cells_of(due_certificate())))

    assert response.status_code == 302
    assert OtherSubsidy.objects.count() == 2


def test_every_problem_of_a_file_is_shown_with_its_row():
    response = upload(
        signed_in(), file_of(cells_of(due_certificate(), amount="0"), cells_of(due_certificate(), level="?"))
    )

    assert response.status_code == 422
    assert [problem["column"] for problem in response.context["problems"]] == ["Amount in yuan", "Level"]
    assert not OtherSubsidy.objects.exists()


def test_a_file_that_is_none_is_refused():
    assert upload(signed_in(), b"nothing of the kind").status_code == 422


def test_the_template_is_handed_to_who_records():
    assert signed_in().get(reverse("other-subsidy-template")).status_code == 200
    assert signed_in("municipal_auditor").get(reverse("other-subsidy-template")).status_code == 403


def test_the_reviewer_takes_back_with_a_reason():
    other = OtherSubsidyFactory()
    client, address = (
        signed_in("municipal_reviewer"),
        f"{reverse('other-subsidy-withdraw')}?other_subsidy={other.pk}",
    )

    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Of another person."}).status_code == 302
    assert client.post(address, {"reason": "Again."}).status_code == 409
    assert OtherSubsidy.objects.get().withdrawal_reason == "Of another person."


@pytest.mark.parametrize("named", ["", "x", "999999", "²", "9" * 30])
def test_what_is_not_there_is_not_found(named):
    response = signed_in("municipal_reviewer").get(
        reverse("other-subsidy-withdraw"), {"other_subsidy": named}
    )

    assert response.status_code == 404


def test_the_list_takes_the_same_queries_for_two_and_for_ten(django_assert_max_num_queries):
    def rows(count: int, reader: User) -> int:
        for _ in range(count):
            OtherSubsidyFactory()
        client = Client()
        client.force_login(reader)
        with django_assert_max_num_queries(60) as statements:
            client.get(reverse(LIST))
        return len(statements)

    reader = UserFactory(municipal_auditor=True)
    assert rows(2, reader) == rows(8, reader)
