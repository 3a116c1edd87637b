from io import StringIO

import pytest
from django.core import signing
from django.core.management import call_command

from chongqing_dte.foundation.change_steps import stamp_waiting_changes
from chongqing_dte.foundation.models import ChangeClock
from enrollment.models import TrainingClass
from institutions.enums import Role
from institutions.models import DistrictSuccession
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import DistrictFactory, InstitutionFactory

pytestmark = pytest.mark.django_db

CLASSES = "/api/v1/classes"


@pytest.fixture
def bureau(api_client_for):
    return api_client_for(Role.MUNICIPAL_OPERATOR)


def page(client, **asked):
    answer = client.get(CLASSES, asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(items):
    return [item["id"] for item in items]


def everything(client, **asked):
    """Return the items of a list from its beginning, over all of its pages."""
    read = page(client, **asked)
    items = read["items"]
    while read["has_more"]:
        read = page(client, cursor=read["next_cursor"], **asked)
        items += read["items"]
    return items


def test_list_shows_every_class_once_in_the_order_of_the_changes(bureau):
    classes = []
    for _ in range(5):
        classes.append(TrainingClassFactory())
        stamp_waiting_changes()

    items = everything(bureau, limit=2)

    assert ids(items) == [str(each.public_id) for each in classes]
    assert [item["changed_at"] for item in items] == sorted(item["changed_at"] for item in items)


def test_last_cursor_leads_to_what_changed_since(bureau):
    first, second = TrainingClassFactory(), TrainingClassFactory()
    read = page(bureau)

    TrainingClass.objects.filter(pk=first.pk).update(answer_due_on="2026-12-24")

    since = page(bureau, cursor=read["next_cursor"])
    assert ids(since["items"]) == [str(first.public_id)]
    assert since["items"][0]["answer_due_on"] == "2026-12-24"
    assert page(bureau, cursor=since["next_cursor"])["items"] == []
    assert str(second.public_id) in ids(read["items"])


def test_updated_since_is_what_changed_at_that_time_or_later(bureau):
    TrainingClassFactory()
    read = page(bureau)
    later = TrainingClassFactory()
    changed_at = page(bureau, cursor=read["next_cursor"])["items"][0]["changed_at"]

    assert ids(page(bureau, updated_since=changed_at)["items"]) == [str(later.public_id)]


def test_who_asks_for_a_time_to_come_loses_nothing(bureau):
    read = page(bureau, updated_since="2099-01-01T00:00:00Z")
    later = TrainingClassFactory()

    assert ids(page(bureau, cursor=read["next_cursor"])["items"]) == [str(later.public_id)]


def test_bureau_hears_of_a_class_once_it_is_filed_and_its_institution_before(bureau, api_client_for):
    draft = TrainingClassFactory(draft=True)
    institution = api_client_for(Role.TRAINING_MANAGER, institution=draft.institution)

    assert ids(page(institution)["items"]) == [str(draft.public_id)]
    assert page(bureau)["items"] == []


def test_other_institution_sees_neither_the_class_nor_its_row(api_client_for):
    training_class = TrainingClassFactory()
    other = api_client_for(Role.TRAINING_MANAGER, institution=InstitutionFactory())

    assert page(other)["items"] == []
    assert other.get(f"{CLASSES}/{training_class.public_id}").status_code == 404


def test_row_by_itself_is_as_in_the_list(bureau):
    training_class = TrainingClassFactory()

    (listed,) = page(bureau)["items"]

    assert bureau.get(f"{CLASSES}/{training_class.public_id}").json() == listed


def test_class_that_leaves_the_office_is_told_as_gone(api_client_for):
    training_class = TrainingClassFactory()
    district = api_client_for(Role.DISTRICT_LEAD, district=training_class.district)
    read = page(district)

    TrainingClass.objects.filter(pk=training_class.pk).update(district=DistrictFactory())

    (item,) = page(district, cursor=read["next_cursor"], fields="reference")["items"]
    assert item == {"id": str(training_class.public_id), "changed_at": item["changed_at"], "is_gone": True}


def test_successor_reads_the_classes_of_its_predecessor(api_client_for):
    training_class = TrainingClassFactory()
    succession = DistrictSuccession.objects.create(
        predecessor=training_class.district, successor=DistrictFactory()
    )
    successor = api_client_for(Role.DISTRICT_LEAD, district=succession.successor)
    own = TrainingClassFactory(district=succession.successor)

    assert set(ids(everything(successor, limit=1))) == {str(own.public_id), str(training_class.public_id)}


def test_office_that_takes_over_another_begins_anew(api_client_for):
    training_class, district = TrainingClassFactory(), DistrictFactory()
    successor = api_client_for(Role.DISTRICT_LEAD, district=district)
    read = page(successor)

    DistrictSuccession.objects.create(predecessor=training_class.district, successor=district)

    answer = successor.get(CLASSES, {"cursor": read["next_cursor"]})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_from_another_time")
    assert ids(page(successor)["items"]) == [str(training_class.public_id)]


def test_cursor_of_another_office_does_not_open(bureau, api_client_for):
    institution = api_client_for(Role.TRAINING_MANAGER, institution=InstitutionFactory())
    read = page(bureau)

    assert institution.get(CLASSES, {"cursor": read["next_cursor"]}).status_code == 410


@pytest.mark.parametrize(
    "kept",
    ["", "x", "eyJhIjoxfQ:1:aa", signing.dumps([1], salt="another")],
    ids=["empty", "short", "forged", "of_something_else"],
)
def test_what_is_no_cursor_is_refused(bureau, kept):
    answer = bureau.get(CLASSES, {"cursor": kept})

    assert answer.status_code == 400
    assert answer.json()["code"] in {"cursor_unknown", "invalid_input"}


def test_cursor_goes_on_with_the_filters_it_began_with(bureau):
    read = page(bureau)

    answer = bureau.get(
        CLASSES, {"cursor": read["next_cursor"], "institution": InstitutionFactory().public_id}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_unknown")


def test_two_beginnings_are_refused(bureau):
    cursor = page(bureau)["next_cursor"]

    answer = bureau.get(CLASSES, {"cursor": cursor, "updated_since": "2026-01-01T00:00:00Z"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "updated_since"


@pytest.mark.parametrize(
    "asked", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"updated_since": "x"}, {"page": 2}]
)
def test_parameters_out_of_bounds_are_refused(bureau, asked):
    assert bureau.get(CLASSES, asked).status_code == 400


def test_narrowed_list_passes_over_the_others_and_loses_none(bureau):
    own = TrainingClassFactory()
    for _ in range(3):
        TrainingClassFactory()
    last = TrainingClassFactory(institution=own.institution)

    asked = {"institution": own.institution.public_id, "limit": 1}
    first = page(bureau, **asked)

    assert (ids(first["items"]), first["has_more"]) == ([str(own.public_id)], True)
    assert ids(everything(bureau, **asked)) == [str(own.public_id), str(last.public_id)]


def test_after_a_restore_everybody_begins_anew(bureau):
    TrainingClassFactory()
    cursor = page(bureau)["next_cursor"]

    call_command("begin_another_era", stdout=StringIO())

    answer = bureau.get(CLASSES, {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_from_another_time")


def test_database_that_is_not_the_one_it_was_begins_another_era(bureau):
    TrainingClassFactory()
    cursor = page(bureau)["next_cursor"]

    ChangeClock.objects.update(identity="the server from which the copy came")

    assert bureau.get(CLASSES, {"cursor": cursor}).status_code == 410
    assert page(bureau, cursor=page(bureau)["next_cursor"])["items"] == []


def test_cursor_from_the_future_does_not_wait_for_it(bureau):
    TrainingClassFactory()
    cursor = page(bureau)["next_cursor"]

    # As after a restore in the same place, by means that leave no trace.
    ChangeClock.objects.update(last_changed_at="2026-01-01T00:00:00Z")

    assert bureau.get(CLASSES, {"cursor": cursor}).status_code == 410


@pytest.mark.parametrize("count", [1, 20])
def test_page_costs_three_queries_beside_who_asks(bureau, django_assert_max_num_queries, count):
    for _ in range(count):
        TrainingClassFactory()
    stamp_waiting_changes()
    page(bureau)

    with django_assert_max_num_queries(5) as asked:
        page(bureau)

    tables = ("foundation_resourcechange", "enrollment_")
    of_the_list = [each for each in asked.captured_queries if any(name in each["sql"] for name in tables)]
    assert len(of_the_list) == 3
