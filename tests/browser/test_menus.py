"""The menu of the office that has the most to do stays on one line of an ordinary window."""

import pytest
from django.urls import reverse

from institutions.enums import Role
from tests.factories.institutions import PASSWORD, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LINES = "new Set([...document.querySelectorAll('.main-nav li')].map(item => item.offsetTop)).size"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["", "en"])
@pytest.mark.parametrize("role", [Role.MUNICIPAL_ADMINISTRATOR, Role.DISTRICT_LEAD])
def test_menu_is_one_line(visit, role, language):
    UserFactory(**{role.lower(): True}, username="somebody")
    window = visit(language=language)

    window.sign_in("somebody", PASSWORD)
    window.open(reverse("setup"))

    assert (window.page.evaluate(LINES), window.overflow(), window.errors) == (1, 0, [])
