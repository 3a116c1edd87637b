"""The institution's pages of a claim fit a desk and a phone in both languages, and the browser has nothing to say."""

import pytest
from django.urls import reverse

from tests.factories.claims import institution_user, open_training, ready_to_submit
from tests.factories.institutions import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh-hans", 360)])
def test_pages_of_a_claim_fit_and_report_no_error(visit, language, width):
    open_training()
    claim = ready_to_submit((True, True, False))
    institution_user(claim.training_class, username="manager")
    window = visit(language=language, width=width)
    window.sign_in("manager", PASSWORD)

    found = []
    for route, arguments in (
        ("claim-list", []),
        ("class-advances", [claim.training_class.public_id]),
        ("institution-account", []),
        ("claim-detail", [claim.public_id]),
    ):
        window.open(reverse(route, args=arguments))
        found.append((route, max(window.overflow(), 0), window.errors))

    assert [each for each in found if each[1] or each[2]] == []
    assert window.page.locator(".curve-point").is_visible()
