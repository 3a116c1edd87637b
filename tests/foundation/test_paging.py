"""Pages of a list, forwards and back, by the keys that their links hold."""

import pytest
from django.test import RequestFactory

from chongqing_dte.foundation.paging import Page, page_of
from institutions.models import User
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids() -> list[int]:
    """Return the ids of seven rows, newest first."""
    return sorted((UserFactory().pk for _ in range(7)), reverse=True)


def page(**asked: object) -> Page[User]:
    return page_of(User.objects.all(), RequestFactory().get("/", asked), size=3)


def shown(found: Page[User]) -> list[int]:
    return [row.pk for row in found.rows]


def test_pages_follow_one_another_to_the_end(ids):
    first = page()
    second = page(after=first.next_key)
    third = page(after=second.next_key)

    assert [shown(each) for each in (first, second, third)] == [ids[:3], ids[3:6], ids[6:]]
    assert [each.is_first for each in (first, second, third)] == [True, False, False]
    assert third.next_key is None


def test_each_page_leads_back_to_the_one_before(ids):
    third = page(after=ids[5])
    second = page(before=third.previous_key)
    first = page(before=second.previous_key)

    assert (shown(second), second.next_key, second.is_first) == (ids[3:6], ids[5], False)
    assert (shown(first), first.next_key, first.is_first) == (ids[:3], ids[2], True)
    assert first.previous_key is None


def test_before_a_page_that_is_not_full_comes_the_first_page(ids):
    assert shown(page(before=ids[2])) == ids[:3]


def test_what_is_no_number_asks_for_the_first_page(ids):
    for nonsense in ("x", "-1", "²", "9" * 19, ""):
        assert shown(page(after=nonsense, before=nonsense)) == ids[:3]


def test_behind_the_last_row_there_is_nothing_and_a_way_back_to_the_first_page(ids):
    empty = page(after=ids[-1])

    assert (shown(empty), empty.next_key, empty.previous_key, empty.is_first) == ([], None, None, False)
