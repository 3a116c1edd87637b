from datetime import date

import pytest

from institutions.enums import Role
from partners.rest.versions import DownStep, Version, VersionExpired, Versions, VersionUnknown
from tests.partners import notes

FIRST, SECOND, THIRD = date(2026, 12, 1), date(2027, 6, 1), date(2028, 1, 15)


def added(step):
    """Return a step backwards that leaves its mark."""
    return {"notes": DownStep(lambda note: {**note, "steps": note["steps"] + step})}


THREE = Versions(
    [
        Version("2026-12-01", FIRST, ["first"]),
        Version("2027-06-01", SECOND, ["second"], added("2")),
        Version("2028-01-15", THIRD, ["third"], added("3")),
    ]
)


def test_oldest_version_is_reached_by_every_step_backwards():
    oldest, middle, newest = (
        THREE.taken_back({"steps": ""}, resource="notes", version=version) for version in THREE.all
    )

    assert (oldest, middle, newest) == ({"steps": "32"}, {"steps": "3"}, {"steps": ""})


def test_other_resource_is_left_alone():
    assert THREE.taken_back({"steps": ""}, resource="claims", version=THREE.all[0]) == {"steps": ""}


@pytest.mark.parametrize(
    ("day", "is_supported"), [(date(2029, 5, 31), True), (date(2029, 6, 1), False)], ids=["last day", "after"]
)
def test_version_is_answered_for_24_months_after_the_next(day, is_supported):
    assert THREE.is_supported(THREE.all[0], day) is is_supported


def test_newest_version_never_ends():
    assert THREE.is_supported(THREE.newest, date(2099, 1, 1))


def test_unknown_version_names_those_there_are(in_english):
    with pytest.raises(VersionUnknown, match="There are: 2027-06-01, 2028-01-15"):
        THREE.asked_for("2026-12-24", date(2029, 6, 1))


def test_expired_version_names_those_there_are(in_english):
    with pytest.raises(VersionExpired, match=r"2026-12-01 .* There are: 2027-06-01, 2028-01-15"):
        THREE.asked_for("2026-12-01", date(2029, 6, 1))


def test_version_on_its_way_out_says_from_when_to_when():
    headers = THREE.headers(THREE.all[0])

    assert headers == {
        "API-Version": "2026-12-01",
        "Deprecation": "@1811808000",
        "Sunset": "Fri, 01 Jun 2029 00:00:00 GMT",
    }
    assert THREE.headers(THREE.newest) == {"API-Version": "2028-01-15"}


@pytest.fixture
def caller(api_client_for):
    return api_client_for(Role.TRAINING_MANAGER)


@pytest.mark.django_db
@pytest.mark.urls("tests.partners.notes")
def test_old_version_reads_as_it_did(caller):
    answer = caller.get("/api/v1/newer/a", headers={"API-Version": "2026-12-01"})

    assert answer.json() == {"id": "a", "changed_at": notes.EXAMPLE["changed_at"], "title": "Ada"}
    assert answer["API-Version"] == "2026-12-01"
    assert answer["Sunset"] == "Fri, 01 Jun 2029 00:00:00 GMT"


@pytest.mark.django_db
@pytest.mark.urls("tests.partners.notes")
def test_new_version_reads_as_the_code_does(caller):
    answer = caller.get("/api/v1/newer/a", headers={"API-Version": "2027-06-01"})

    assert answer.json() == notes.EXAMPLE
    assert "Sunset" not in answer


@pytest.mark.django_db
@pytest.mark.urls("tests.partners.notes")
def test_fields_are_called_as_in_the_version(caller):
    old = caller.get("/api/v1/newer/a?fields=title", headers={"API-Version": "2026-12-01"})
    new = caller.get("/api/v1/newer/a?fields=title", headers={"API-Version": "2027-06-01"})

    assert "title" in old.json()
    assert new.status_code == 400


@pytest.mark.django_db
@pytest.mark.urls("tests.partners.notes")
def test_unknown_version_is_refused_with_the_list(caller):
    answer = caller.get("/api/v1/newer/a", headers={"API-Version": "2026-01-01"})

    assert answer.status_code == 400
    assert answer.json()["code"] == "version_unknown"
    assert "2026-12-01, 2027-06-01" in answer.json()["texts"]["en"]
