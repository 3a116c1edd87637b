import hashlib
import hmac

import pytest
from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from chongqing_dte.foundation.crypto import (
    decrypt,
    encrypt,
    keyed_hash,
    keyed_hasher,
    keyed_reference,
    sealer,
)
from enrollment.models import Trainee
from tests.factories.enrollment import TraineeFactory

FIRST, SECOND = "1:" + "11" * 32, "2:" + "22" * 32


def test_encrypted_value_comes_back():
    assert decrypt(encrypt("500299 张三".encode(), context="a.b"), context="a.b").decode() == "500299 张三"


def test_same_value_never_looks_the_same():
    assert encrypt(b"500299", context="a.b") != encrypt(b"500299", context="a.b")


def test_encrypted_value_does_not_show_the_plain_one():
    assert b"500299" not in encrypt(b"500299", context="a.b")


def test_value_of_another_context_does_not_decrypt():
    stored = encrypt(b"500299", context="trainee.id_number")

    with pytest.raises(InvalidTag):
        decrypt(stored, context="trainee.mobile")


@pytest.mark.parametrize("place", [1, 13, -1], ids=["nonce", "ciphertext", "tag"])
def test_altered_value_does_not_decrypt(place):
    stored = bytearray(encrypt(b"500299", context="a.b"))
    stored[place] ^= 1

    with pytest.raises(InvalidTag):
        decrypt(bytes(stored), context="a.b")


def test_newest_key_encrypts_and_every_key_decrypts(settings):
    settings.FIELD_KEYS = FIRST
    before = encrypt(b"before", context="a.b")
    settings.FIELD_KEYS = f"{FIRST},{SECOND}"
    after = encrypt(b"after", context="a.b")

    assert (before[0], after[0]) == (1, 2)
    assert [decrypt(before, context="a.b"), decrypt(after, context="a.b")] == [b"before", b"after"]


def test_value_under_a_key_that_was_taken_away_does_not_decrypt(settings):
    settings.FIELD_KEYS = FIRST
    stored = encrypt(b"before", context="a.b")
    settings.FIELD_KEYS = SECOND

    with pytest.raises(KeyError):
        decrypt(stored, context="a.b")


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "11" * 32,
        "1:abc",
        "1:" + "11" * 20,
        "one:" + "11" * 32,
        "0:" + "11" * 32,
        "256:" + "11" * 32,
        "1:zz",
    ],
    ids=["empty", "no version", "odd", "wrong length", "no number", "version 0", "version 256", "no hex"],
)
def test_malformed_field_keys_are_refused(settings, malformed):
    settings.FIELD_KEYS = malformed

    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        encrypt(b"x", context="a.b")


def test_keyed_reference_is_the_known_one(settings):
    """Worked out apart from this code. Another answer makes the bank see every payment as a new one."""
    settings.BANK_REFERENCE_KEY = "33" * 32

    assert keyed_reference("CERT-000001", "1") == "GJU22JPLRQVKN6QV5USNEBM5YV"


@pytest.mark.parametrize(
    ("parts", "others"),
    [(("a", "1"), ("a", "2")), (("ab", "c"), ("a", "bc")), (("a",), ("a", ""))],
    ids=["another attempt", "moved border", "empty part"],
)
def test_other_parts_have_another_reference(parts, others):
    assert keyed_reference(*parts) != keyed_reference(*others)


def test_reference_under_another_key_is_another(settings):
    mine = keyed_reference("CERT-000001", "1")
    settings.BANK_REFERENCE_KEY = "44" * 32

    assert keyed_reference("CERT-000001", "1") != mine


def test_keyed_hash_is_hmac_sha256_over_purpose_and_value(settings):
    settings.HASH_KEY = "22" * 32
    expected = hmac.new(bytes.fromhex("22" * 32), b"id_number\x00500299", hashlib.sha256).hexdigest()

    assert keyed_hash("id_number", "500299") == expected


def test_hash_of_another_purpose_is_another():
    assert keyed_hash("id_number", "500299") != keyed_hash("bank_account", "500299")


@pytest.mark.parametrize("weak", ["", "22" * 16, "not hex"])
def test_hash_key_that_protects_nothing_is_refused(settings, weak):
    settings.HASH_KEY = weak

    with pytest.raises(ImproperlyConfigured, match="HASH_KEY"):
        keyed_hash("id_number", "500299")


@pytest.mark.parametrize("weak", ["", "33" * 16, "not hex"])
def test_bank_reference_key_that_protects_nothing_is_refused(settings, weak):
    settings.BANK_REFERENCE_KEY = weak

    with pytest.raises(ImproperlyConfigured, match="BANK_REFERENCE_KEY"):
        keyed_reference("CERT-000001", "1")


@pytest.mark.django_db
def test_column_holds_no_plain_text():
    trainee = TraineeFactory()

    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number, mobile FROM enrollment_trainee WHERE id = %s", [trainee.pk])
        stored = [bytes(column) for column in cursor.fetchone()]

    assert trainee.id_number.encode() not in stored[0]
    assert trainee.mobile.encode() not in stored[1]


@pytest.mark.django_db
def test_column_reads_back_as_text():
    trainee = TraineeFactory()

    assert Trainee.objects.get(pk=trainee.pk).id_number == trainee.id_number


@pytest.mark.django_db
def test_value_moved_to_another_column_does_not_decrypt():
    trainee = TraineeFactory()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_trainee SET mobile = id_number WHERE id = %s", [trainee.pk])

    with pytest.raises(InvalidTag):
        Trainee.objects.get(pk=trainee.pk)


def test_many_values_are_hashed_as_one_is():
    hashed = keyed_hasher("id_number")

    assert [hashed(value) for value in ("1", "张三", "1")] == [
        keyed_hash("id_number", value) for value in ("1", "张三", "1")
    ]


def test_many_values_are_encrypted_as_one_is(settings):
    settings.FIELD_KEYS = f"{FIRST},{SECOND}"
    sealed = sealer("a.b")

    stored = [sealed(b"500299"), sealed(b"500299")]

    assert stored[0] != stored[1]
    assert [value[0] for value in stored] == [2, 2]
    assert [decrypt(value, context="a.b") for value in stored] == [b"500299", b"500299"]
