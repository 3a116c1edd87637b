"""The admin's windows on assessments show rows, and of people only what is masked."""

from copy import deepcopy

import pytest
from django.urls import reverse

from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AttemptCorrectionFactory,
    AttemptFactory,
    CertificateRevocationFactory,
    LevelCertificateFactory,
    MarkReviewFactory,
    ResultsUploadFactory,
    SessionCandidateFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FACTORIES = [
    AssessmentPolicyFactory,
    AttemptCorrectionFactory,
    AttemptFactory,
    CertificateRevocationFactory,
    LevelCertificateFactory,
    MarkReviewFactory,
    ResultsUploadFactory,
    SessionCandidateFactory,
]


@pytest.fixture(autouse=True)
def _undefined_is_empty(settings):
    """Let the theme of the admin ask for what is not there, as it does."""
    settings.TEMPLATES = deepcopy(settings.TEMPLATES)
    del settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"]


def person_behind(row):
    for path in ("trainee", "attempt.trainee", "certificate.trainee"):
        found = row
        for step in path.split("."):
            found = getattr(found, step, None)
        if found is not None:
            return found
    return None


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory._meta.model.__name__)
def test_window_shows_the_row_and_masks_the_person(client, factory):
    row = factory()
    client.force_login(UserFactory(municipal_auditor=True))
    name = f"admin:assessment_{row._meta.model_name}"
    urls = [reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])]

    answers = [client.get(url) for url in urls]

    assert [answer.status_code for answer in answers] == [200, 200]
    person = person_behind(row)
    for answer in answers:
        text = answer.content.decode()
        assert person is None or (person.name not in text and person.id_number not in text)
