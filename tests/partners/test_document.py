import json

import jsonschema
import pytest
import yaml
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from partners.rest import kept_documents
from partners.rest.document import as_yaml, document
from partners.rest.problems import PROBLEM_TYPE
from tests.partners import notes

OURS, INVENTED = "chongqing_dte.urls", "tests.partners.notes"


@pytest.fixture(scope="module", params=[OURS, INVENTED])
def made(request):
    """Return a document as everybody reads it, of the portal's endpoints or with those of the tests."""
    GENERATOR_STATS.reset()
    return json.loads(json.dumps(document(request.param), default=str))


@pytest.fixture(scope="module")
def invented():
    return json.loads(json.dumps(document(INVENTED), default=str))


def operations_of(made):
    return [(method, operation) for path in made["paths"].values() for method, operation in path.items()]


def problems_of(operation, status):
    return set(operation["responses"][status]["content"][PROBLEM_TYPE]["examples"])


def test_generation_warns_of_nothing(made):
    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_document_is_openapi_3_1(made):
    assert made["openapi"].startswith("3.1")
    validate_schema(made)


def test_every_reference_leads_somewhere(made):
    def references(part):
        if isinstance(part, dict):
            yield from [part["$ref"]] if "$ref" in part else []
            for inner in part.values():
                yield from references(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from references(inner)

    for reference in set(references(made)):
        found = made
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(made):
    names = [operation["operationId"] for _method, operation in operations_of(made)]

    assert len(set(names)) == len(names)
    assert all(operation["summary"] for _method, operation in operations_of(made))


def test_every_operation_has_an_example_of_what_goes_in_and_comes_out(made):
    for _method, operation in operations_of(made):
        answered = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        bodies = [*answered, *([operation["requestBody"]] if "requestBody" in operation else [])]
        assert all(inner["examples"] for body in bodies for inner in body.get("content", {}).values())


def test_every_example_fits_its_shape(made):
    resolved = {"components": made["components"]}
    for _method, operation in operations_of(made):
        for answer in [*operation["responses"].values(), operation.get("requestBody", {})]:
            for body in answer.get("content", {}).values():
                for example in body["examples"].values():
                    if "$ref" in example:
                        name = example["$ref"].rpartition("/")[2]
                        example = made["components"]["examples"][name]
                    jsonschema.validate(example["value"], {**body["schema"], **resolved})


def test_every_operation_names_the_refusals_of_its_kind(made):
    for method, operation in operations_of(made):
        assert "too_many_requests" in problems_of(operation, "429")
        assert {"version_unknown", "version_expired"} <= problems_of(operation, "400")
        assert "internal_error" in problems_of(operation, "500")
        if operation.get("security"):
            assert problems_of(operation, "401") == {"not_authenticated", "invalid_token"}
            assert "insufficient_scope" in problems_of(operation, "403")
        if method != "get":
            assert {"idempotency_key_missing", "parse_error"} <= problems_of(operation, "400")
            assert "request_in_progress" in problems_of(operation, "409")
            assert "idempotency_key_reused" in problems_of(operation, "422")
            assert {"413", "415"} <= set(operation["responses"])


def test_own_refusals_of_an_operation_are_named(invented):
    assert "name_taken" in problems_of(invented["paths"]["/api/v1/notes"]["post"], "409")
    assert "name_taken" not in problems_of(invented["paths"]["/api/v1/notes"]["get"], "409")


def test_every_operation_says_its_scope_and_the_scheme_knows_it(made):
    known = made["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    asked = {
        scope
        for _method, operation in operations_of(made)
        for security in operation.get("security", [])
        for scope in security["oauth2"]
    }

    assert asked <= set(known)
    assert all(known.values())


def test_limits_are_published_with_every_answer(made):
    for _method, operation in operations_of(made):
        for answer in operation["responses"].values():
            assert {"API-Version", "RateLimit", "RateLimit-Policy"} <= set(answer["headers"])
        assert "Retry-After" in operation["responses"]["429"]["headers"]


def test_change_asks_for_its_key(invented):
    parameters = {each["name"]: each for each in invented["paths"]["/api/v1/notes"]["post"]["parameters"]}

    assert parameters["Idempotency-Key"]["required"]
    assert "Idempotency-Key" not in str(invented["paths"]["/api/v1/notes"]["get"]["parameters"])


def test_list_is_a_page_of_rows_or_of_what_is_gone(invented):
    answer = invented["paths"]["/api/v1/notes"]["get"]["responses"]["200"]["content"]["application/json"]

    assert answer["schema"]["properties"]["items"]["items"]["anyOf"] == [
        {"$ref": "#/components/schemas/Note"},
        {"$ref": "#/components/schemas/Gone"},
    ]


def test_input_allows_nothing_that_is_not_read(invented):
    assert invented["components"]["schemas"]["NoteInput"]["additionalProperties"] is False


def test_set_names_its_items_and_its_limit(invented):
    body = invented["paths"]["/api/v1/notes/bulk"]["post"]["requestBody"]

    items = body["content"]["application/json"]["schema"]["properties"]["items"]
    assert body["required"]
    assert items["maxItems"] == 3
    assert set(invented["components"]["schemas"]["NoteInputItem"]["required"]) == {"name", "request_id"}


def test_document_is_in_both_languages(made):
    # What the catalogue translates already: the scopes do not wait for it.
    assert "Somebody else is working on the same" in str(made["components"]["examples"]["busy.409"])
    assert "其他人员" in str(made["components"]["examples"]["busy.409"])


def test_every_endpoint_is_in_the_document():
    from django.urls import URLPattern, get_resolver

    from partners.api.about import ApiDocument, ApiDocumentYaml, NoSuchAddress
    from partners.rest.views import PartnerView

    def below(patterns, prefix=""):
        for pattern in patterns:
            address = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield address, getattr(pattern.callback, "cls", None)
            else:
                yield from below(pattern.url_patterns, address)

    views = {
        view
        for address, view in below(get_resolver(OURS).url_patterns)
        if address.startswith("api/v1/") and view
    }
    assert all(issubclass(view, PartnerView) for view in views)
    assert {view.__name__ for view in views if not view.operations} == {
        view.__name__ for view in (ApiDocument, ApiDocumentYaml, NoSuchAddress)
    }
    for view in views:
        answered = {method.lower() for method in view().allowed_methods} - {"head", "options"}
        assert set(view.operations) in (answered, set())


def test_kept_document_is_what_the_code_gives():
    assert kept_documents.stale() == []


def test_kept_document_of_a_version_that_is_released_is_not_written_again(monkeypatch, tmp_path):
    monkeypatch.setattr(kept_documents, "FOLDER", tmp_path)
    version = kept_documents.PUBLISHED.newest
    kept_documents.write(today=version.released_on.replace(year=2026, month=11))
    assert (tmp_path / f"openapi-{version.name}.yaml").exists()

    (tmp_path / f"openapi-{version.name}.yaml").write_text("changed")
    with pytest.raises(kept_documents.Released):
        kept_documents.write(today=version.released_on)
    assert (tmp_path / f"openapi-{version.name}.yaml").read_text() == "changed"


def test_kept_document_of_an_older_version_is_known_by_its_checksum(monkeypatch, tmp_path):
    monkeypatch.setattr(kept_documents, "FOLDER", tmp_path)
    monkeypatch.setattr(kept_documents, "PUBLISHED", notes.NEWER)
    kept_documents.path_of(notes.NEWER.newest).write_bytes(as_yaml(document()))
    kept_documents.path_of(notes.NEWER.all[0]).write_bytes(b"changed since")

    assert kept_documents.stale() == ["openapi-2026-12-01.yaml"]


@pytest.mark.django_db
def test_document_is_shown_as_json(client):
    answer = client.get("/api/v1/openapi.json")

    assert answer["Content-Type"] == "application/json"
    assert answer.json()["paths"]["/api/v1/problems"]
    assert client.get("/api/v1/openapi.json", headers={"If-None-Match": answer["ETag"]}).status_code == 304


@pytest.mark.django_db
def test_document_is_shown_as_yaml(client):
    answer = client.get("/api/v1/openapi.yaml")

    assert yaml.safe_load(answer.content)["openapi"].startswith("3.1")


@pytest.mark.django_db
def test_document_is_shown_as_a_page_that_needs_nothing_from_outside(client):
    page = client.get("/api/v1/docs")

    assert page.status_code == 200
    assert (
        "script-src" not in page["Content-Security-Policy"] or "unsafe" not in page["Content-Security-Policy"]
    )
    text = page.content.decode()
    assert "http" not in text.replace('data-document="/api/v1/openapi.json"', "")
    assert "swagger-ui-bundle" in text
    assert 'data-document="/api/v1/openapi.json"' in text
