"""The same seed makes the same world, and another one another."""

import subprocess
import sys

import pytest

from assessment.models import Attempt, LevelCertificate
from demo.generator import make_trainees
from enrollment.models import BankAccount, Enrollment, Trainee, TrainingClass
from subsidies.invariants import find_violations
from subsidies.models import Entitlement, Payment, PaymentAttempt, PaymentBatch

# It is undone with the transaction of its world.
pytestmark = pytest.mark.django_db

COLUMNS = {
    Trainee: ("public_id", "name", "id_number_hash", "mobile_hash", "recorded_at"),
    BankAccount: ("number_hash", "source", "recorded_at", "replaced_at"),
    TrainingClass: ("public_id", "reference", "status", "starts_on", "venue", "district__code"),
    Enrollment: ("public_id", "status", "category", "locked_at", "left_at"),
    Attempt: ("outcome", "theory_score", "practice_score", "trainee__public_id"),
    LevelCertificate: ("public_id", "number", "issued_on"),
    Entitlement: ("public_id", "decision", "reason", "amount", "decided_at"),
    Payment: ("public_id", "status", "amount", "paid_at"),
    PaymentAttempt: ("reference", "status", "return_code"),
    PaymentBatch: ("reference", "status", "sha256", "settled_at"),
}


@pytest.fixture(scope="module")
def picture_of(made_world):
    def picture(**arguments):
        with made_world(trainees=120, years=2, **arguments):
            return {
                model.__name__: sorted(map(repr, model.objects.values_list(*columns)))
                for model, columns in COLUMNS.items()
            }

    return picture


@pytest.fixture(scope="module")
def first(picture_of):
    return picture_of(seed=3)


def test_the_same_seed_makes_the_same_rows(picture_of, first):
    assert all(first.values())
    assert picture_of(seed=3) == first


def test_another_seed_makes_other_people(picture_of, first):
    other = picture_of(seed=4)

    assert not set(other["Trainee"]) & set(first["Trainee"])


def test_a_world_without_open_ends_leaves_nothing_to_be_done(made_world):
    with made_world(trainees=120, leaves_open_ends=False):
        assert not LevelCertificate.objects.filter(decision_due=True).exists()
        assert not PaymentBatch.objects.exclude(status="SETTLED").exists()
        assert not Payment.objects.filter(status__in=["READY", "INSTRUCTED"]).exists()


def test_benches_can_have_people_alone(made_world):
    def make(*, trainees, seed, now, **_):
        make_trainees(trainees, seed, now=now)

    with made_world(make, trainees=120):
        assert Trainee.objects.count() == 120
        assert Enrollment.objects.count() >= 120
        assert BankAccount.objects.count() > 100
        assert not Attempt.objects.exists()
        assert find_violations() == []


PRODUCTION = """
import os
os.environ.update({name: "1:" + "ab" * 32 if name.endswith("_KEYS") else "ab" * 32 for name in
                   ("DJANGO_SECRET_KEY", "FIELD_KEYS", "HASH_KEY", "BANK_REFERENCE_KEY", "CREDENTIAL_KEYS")},
                  PORTAL_ORIGIN="https://portal.example",
                  DATABASE_URL="postgres://nobody@127.0.0.1:1/none", REDIS_URL="redis://127.0.0.1:1/0",
                  ALLOWED_HOSTS="portal.example", DJANGO_SETTINGS_MODULE="chongqing_dte.settings.production")
import django
django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
assert not apps.is_installed("demo")
assert "generate_world" not in get_commands()
assert not hasattr(settings, "MADE_UP_PEOPLE_ALLOWED")
"""


def test_production_does_not_have_it():
    subprocess.run([sys.executable, "-c", PRODUCTION], check=True)


def test_the_app_beside_real_people_stops_the_start(settings):
    from demo.apps import made_up_people_are_allowed

    assert made_up_people_are_allowed() == []
    del settings.MADE_UP_PEOPLE_ALLOWED
    assert [error.id for error in made_up_people_are_allowed()] == ["demo.E001"]
