import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, connection
from django.utils import timezone

from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from partners.models import IdempotentAnswer
from partners.services import idempotency
from partners.services.idempotency import CLAIM_HOLDS, purge_idempotent_answers
from tests.factories.partners import PartnerClientFactory
from tests.partners import notes
from tests.partners.test_partner_view import post

pytestmark = pytest.mark.urls("tests.partners.notes")


@pytest.fixture
def caller(api_client_for):
    return api_client_for(Role.TRAINING_MANAGER)


def written():
    """Return how often the work was done."""
    return AuditEvent.objects.filter(name="note.written").count()


@pytest.mark.django_db
def test_repeated_request_is_done_once_and_answered_alike(caller):
    first, again = post(caller), post(caller)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Location"] == first["Location"] == "/api/v1/notes/a"
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert written() == 1


@pytest.mark.django_db
def test_repeated_request_is_the_same_key_with_quotation_marks(caller):
    post(caller, key="key-12345")

    assert post(caller, key='"key-12345"')["Idempotency-Replayed"] == "true"


@pytest.mark.django_db
def test_repeated_request_is_another_request_under_another_key(caller):
    post(caller, key="key-12345")
    post(caller, key="key-12346")

    assert written() == 2


@pytest.mark.django_db
def test_repeated_request_is_refused_with_another_body(caller):
    post(caller)

    answer = post(caller, {**notes.GIVEN, "name": "Bob"})

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert written() == 1


@pytest.mark.django_db
def test_repeated_request_is_refused_at_another_address(caller):
    post(caller)

    assert post(caller, path="/api/v1/notes/bulk").json()["code"] == "idempotency_key_reused"


@pytest.mark.django_db
def test_repeated_request_is_another_request_of_another_client(caller, api_client_for):
    post(caller)

    assert "Idempotency-Replayed" not in post(api_client_for(Role.TRAINING_MANAGER))
    assert written() == 2


@pytest.mark.django_db
def test_repeated_request_is_refused_again_where_it_was_refused(caller):
    first, again = post(caller, {"name": "taken"}), post(caller, {"name": "taken"})

    assert (first.status_code, again.status_code) == (409, 409)
    assert again.content == first.content
    assert again["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_repeated_request_is_done_again_where_the_portal_failed(caller):
    caller.raise_request_exception = False

    assert [post(caller, {"name": "broken"}).status_code for _ in range(2)] == [500, 500]
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.django_db
def test_repeated_request_is_done_again_where_others_were_in_the_way(caller):
    assert post(caller, {"name": "busy"}).json()["code"] == "busy"
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.django_db
def test_repeated_request_is_known_to_be_done_where_its_answer_was_too_long(caller, in_english):
    assert post(caller, {"name": "long"}).status_code == 201

    answer = post(caller, {"name": "long"})
    assert (answer.status_code, answer.json()["code"]) == (409, "answer_not_kept")
    assert "status 201" in answer.json()["texts"]["en"]
    assert written() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "short", "a" * 129, "with space", '"half', "甲乙丙丁戊己庚辛"])
def test_key_that_is_none_is_refused_and_nothing_done(caller, key):
    answer = post(caller, key=key.encode().decode("latin-1"))

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert written() == 0


@pytest.mark.django_db
def test_answer_is_not_to_be_read_in_the_database(caller):
    post(caller)

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM partners_idempotentanswer")
        assert b"Ada" not in bytes(cursor.fetchone()[0])


@pytest.mark.django_db
def test_answer_is_written_again_under_a_newer_key_and_in_no_other_way(caller, settings):
    first = post(caller)
    settings.FIELD_KEYS = f"{settings.FIELD_KEYS},200:{'ab' * 32}"

    IdempotentAnswer.objects.update(body=IdempotentAnswer.objects.get().body)

    assert post(caller).content == first.content


@pytest.mark.django_db
def test_key_stands_once_for_each_client(caller):
    post(caller)
    row = IdempotentAnswer.objects.get()

    row.pk = None
    with pytest.raises(IntegrityError, match="idempotency_key_once_per_client"):
        row.save()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"status_code": 500},
        {"body": b"another"},
        {"request": "POST /"},
        {"status_code": None, "answered_at": None},
    ],
)
def test_answer_that_was_given_stays(caller, change):
    post(caller)

    with pytest.raises(InternalError, match=r"idempotency_(answer|body)_stays"):
        IdempotentAnswer.objects.update(**change)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"key": ""}, "idempotency_has_key"),
        ({"body_sha256": "x"}, "idempotency_body_is_sha256"),
        ({"status_code": 200}, "idempotency_answer_complete"),
        ({"body": b"x"}, "idempotency_no_body_without_status"),
        ({"status_code": 503, "answered_at": timezone.now()}, "idempotency_keeps_no_failure"),
    ],
)
def test_row_is_refused_by(fields, constraint):
    usual = {
        "client": PartnerClientFactory(),
        "key": "key-12345",
        "request": "POST /",
        "body_sha256": "0" * 64,
        "claim": "00000000-0000-4000-8000-000000000000",
        "claimed_at": timezone.now(),
    }
    with pytest.raises(IntegrityError, match=constraint):
        IdempotentAnswer.objects.create(**{**usual, **fields})


@pytest.mark.django_db
def test_answer_is_kept_for_seven_days_and_then_purged(caller):
    post(caller)
    now = timezone.now()

    assert purge_idempotent_answers(now=now + timedelta(days=6, hours=23)) == 0
    with pytest.raises(InternalError, match="idempotency_kept_for_days"):
        purge_idempotent_answers(now=now + timedelta(days=8))


@pytest.mark.django_db
def test_answer_from_before_that_is_purged():
    now = timezone.now()
    before = now - timedelta(days=7, seconds=1)
    IdempotentAnswer.objects.create(
        client=PartnerClientFactory(),
        key="key-12345",
        request="POST /",
        body_sha256="0" * 64,
        claim="00000000-0000-4000-8000-000000000000",
        claimed_at=before,
        status_code=201,
        answered_at=before,
    )

    assert purge_idempotent_answers(now=now) == 1
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.django_db
def test_claim_that_nobody_came_back_to_is_purged():
    now = timezone.now()
    idempotency.claim_request(
        client_id=PartnerClientFactory().pk, key="key-12345", request="POST /", body_sha256="0" * 64, now=now
    )

    assert purge_idempotent_answers(now=now + timedelta(days=8)) == 1


@pytest.fixture
def work():
    """Return what a test can put into the work, and take it out again."""
    yield notes.Work
    notes.Work.during = notes.Work.after = staticmethod(lambda: None)


@pytest.mark.django_db(transaction=True)
def test_second_is_told_to_wait_while_the_first_is_at_work(caller, work):
    released = Future()
    began = Future()
    work.during = staticmethod(lambda: (began.set_result(None), released.result(timeout=30)))

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post_and_close, caller)
        began.result(timeout=30)
        second = post(caller)
        released.set_result(None)

        assert (second.status_code, second.json()["code"]) == (409, "request_in_progress")
        assert int(second["Retry-After"]) > 0
        assert first.result().status_code == 201
    assert written() == 1
    assert post(caller)["Idempotency-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_does_the_work(caller):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: post_and_close(caller), range(16)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert sum(answer.status_code == 201 and "Idempotency-Replayed" not in answer for answer in answers) == 1
    assert written() == 1


@pytest.mark.django_db(transaction=True)
def test_process_that_is_killed_after_the_work_leaves_a_claim_that_is_taken_over(caller, work):
    killed(caller, work, "after")
    assert written() == 1

    assert post(caller).json()["code"] == "request_in_progress"

    let_the_claim_grow_old()
    # This work repeats itself. A service of the portal finds it done.
    assert post(caller).status_code == 201
    assert post(caller)["Idempotency-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_process_that_is_killed_during_the_work_has_done_nothing(caller, work):
    killed(caller, work, "during")
    assert written() == 0

    let_the_claim_grow_old()
    assert post(caller).status_code == 201
    assert written() == 1


@pytest.mark.django_db(transaction=True)
def test_answer_of_who_lost_the_claim_is_not_kept(caller):
    client_id = PartnerClientFactory().pk
    now = timezone.now()
    asked = {"client_id": client_id, "key": "key-12345", "request": "POST /", "body_sha256": "0" * 64}
    slow = idempotency.claim_request(**asked, now=now)
    fast = idempotency.claim_request(**asked, now=now + CLAIM_HOLDS)

    idempotency.keep_answer(claim=slow, answer=idempotency.Answer(201, {}, b"slow"), now=now)
    idempotency.give_claim_back(claim=slow)
    idempotency.keep_answer(claim=fast, answer=idempotency.Answer(201, {}, b"fast"), now=now)

    assert idempotency.claim_request(**asked, now=now).body == b"fast"


def post_and_close(caller):
    try:
        return post(caller)
    finally:
        connection.close()


def killed(caller, work, when):
    """Have a process of its own make the request and be killed over it."""
    connection.close()
    child = os.fork()
    if child == 0:
        setattr(work, when, staticmethod(notes.die))
        try:
            post(caller)
        finally:
            os._exit(1)
    _pid, ended = os.waitpid(child, 0)
    assert os.WIFSIGNALED(ended)


def let_the_claim_grow_old():
    IdempotentAnswer.objects.update(claimed_at=timezone.now() - CLAIM_HOLDS)


def test_body_is_what_counts_not_its_meaning(db, caller):
    post(caller)

    answer = caller.post(
        "/api/v1/notes",
        json.dumps(notes.GIVEN, indent=1),
        content_type="application/json",
        headers={"Idempotency-Key": "key-12345"},
    )
    assert answer.json()["code"] == "idempotency_key_reused"
