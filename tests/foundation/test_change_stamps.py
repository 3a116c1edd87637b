"""What the triggers write down, and what the stamper makes of it."""

import time

import pytest
from django.db import connection

from chongqing_dte.foundation.change_pages import BEGINNING, changes_after
from chongqing_dte.foundation.change_steps import stamp_waiting_changes
from chongqing_dte.foundation.models import ChangeClock, PendingChange, ResourceChange
from chongqing_dte.foundation.resources import REGISTRY
from chongqing_dte.foundation.tasks import stamp_changes_task
from enrollment.models import TrainingClass
from institutions.models import Field
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import DistrictFactory, FieldFactory

pytestmark = pytest.mark.django_db


def pending() -> list[tuple[str, int]]:
    return list(PendingChange.objects.order_by("kind", "subject_id").values_list("kind", "subject_id"))


@pytest.fixture(autouse=True)
def _settled():
    stamp_waiting_changes()


def test_one_statement_announces_each_of_its_rows_once():
    fields = Field.objects.bulk_create(FieldFactory.build_batch(3))

    assert pending() == [("fields", field.pk) for field in fields]


def test_update_that_changes_nothing_announces_nothing():
    field = FieldFactory()
    stamp_waiting_changes()

    Field.objects.filter(pk=field.pk).update(name_en=field.name_en)

    assert pending() == []


def test_update_announces_the_rows_that_it_changes_and_no_others():
    same, other = FieldFactory(name_en="Same"), FieldFactory(name_en="Other")
    stamp_waiting_changes()

    Field.objects.filter(pk__in=[same.pk, other.pk]).update(name_en="Same")

    assert pending() == [("fields", other.pk)]


def test_stamped_row_waits_no_more_and_is_found_by_its_office():
    field = FieldFactory()

    stamp_waiting_changes()

    assert pending() == []
    page = changes_after(BEGINNING, kind="fields", offices={"public"}, limit=500)
    assert field.public_id in {change.public_id for change in page.changes}


def test_every_change_moves_a_row_to_the_end():
    first, second = FieldFactory(), FieldFactory()
    stamp_waiting_changes()

    Field.objects.filter(pk=first.pk).update(name_en="Changed")

    page = changes_after(BEGINNING, kind="fields", offices={"public"}, limit=500)
    assert [change.public_id for change in page.changes][-2:] == [second.public_id, first.public_id]


def test_what_no_office_saw_leaves_no_trace():
    PendingChange.objects.create(kind="fields", subject_id=10**9)

    stamp_waiting_changes()

    assert not ResourceChange.objects.filter(subject_id=10**9).exists()


def test_change_of_a_kind_of_a_newer_release_waits_for_it():
    PendingChange.objects.create(kind="of-tomorrow", subject_id=1)

    stamp_waiting_changes()

    assert pending() == [("of-tomorrow", 1)]


def test_clock_never_goes_back():
    stamp_waiting_changes()
    ahead = "2100-01-01T00:00:00Z"
    ChangeClock.objects.update(last_changed_at=ahead)

    field = FieldFactory()
    stamp_waiting_changes()

    changed = ResourceChange.objects.get(kind="fields", subject_id=field.pk)
    assert changed.changed_at.isoformat() == "2100-01-01T00:00:00.000001+00:00"


def test_page_is_one_query_where_nothing_waits(django_assert_num_queries):
    FieldFactory()
    stamp_waiting_changes()

    with django_assert_num_queries(1):
        changes_after(BEGINNING, kind="fields", offices={"public", "bureau"}, limit=10)


def test_page_in_the_depth_is_read_from_the_index():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO foundation_resourcechange"
            " SELECT 'fields', n, 'public', gen_random_uuid(), now() + n * interval '1 second', FALSE"
            " FROM generate_series(1000000, 1020000) n"
        )
        cursor.execute("ANALYZE foundation_resourcechange")
        cursor.execute(
            "EXPLAIN SELECT one.* FROM unnest(ARRAY['public', 'bureau']) AS named (office) CROSS JOIN LATERAL ("
            "SELECT changed_at, subject_id FROM foundation_resourcechange"
            " WHERE office = named.office AND kind = 'fields'"
            " AND (changed_at, subject_id) > (now() + interval '1015000 seconds', 0)"
            " ORDER BY changed_at, subject_id LIMIT 100) one"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "change_of_office" in plan
    assert "ROW(changed_at, subject_id) > ROW(" in plan.split("Index Cond")[1].split("\n")[0]
    assert "Sort" not in plan


def test_nobody_waits_long_for_whoever_holds_the_clock(transactional_db):
    stamp_waiting_changes()
    field, other = FieldFactory(), connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM foundation_changeclock FOR UPDATE")
        begun = time.monotonic()
        assert (stamp_waiting_changes(), pending()) == (0, [("fields", field.pk)])
        assert time.monotonic() - begun < 5
    finally:
        other.rollback()
        other.close()

    assert (stamp_waiting_changes(), pending()) == (1, [])


def test_changes_are_stamped_by_a_sweep(settings):
    swept = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert stamp_changes_task.name in swept
    FieldFactory()

    stamp_changes_task()

    assert pending() == []


def test_hook_hears_of_every_change_in_the_transaction_that_stamps_it():
    heard = []
    training_class = TrainingClassFactory()
    stamp_waiting_changes()

    def hear(stamped, /, *, at):
        heard.extend((each.offices, each.left, at) for each in stamped if each.kind == "classes")

    REGISTRY.hooks.append(hear)
    try:
        heir = DistrictFactory()
        TrainingClass.objects.filter(pk=training_class.pk).update(district=heir)
        stamp_waiting_changes()
    finally:
        REGISTRY.hooks.remove(hear)

    own = f"trainer:{training_class.institution_id}"
    ((offices, left, at),) = heard
    assert offices == {"bureau", own, f"district:{heir.pk}"}
    assert left == {f"district:{training_class.district_id}"}
    assert at == ChangeClock.objects.get().last_changed_at


def test_database_made_anew_is_another_one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT foundation_database_identity()")
        (before,) = cursor.fetchone()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("CREATE TABLE restored (LIKE foundation_changeclock INCLUDING ALL)")
        cursor.execute("DROP TABLE foundation_changeclock")
        cursor.execute("ALTER TABLE restored RENAME TO foundation_changeclock")
        cursor.execute("SELECT foundation_database_identity()")
        (after,) = cursor.fetchone()

    assert before
    assert before != after
