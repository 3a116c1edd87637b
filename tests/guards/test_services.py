"""Services are the only writers: keyword arguments, one durable transaction, time given from outside."""

import ast

import pytest

from tests.guards.sources import (
    REPOSITORY,
    app_files,
    calls_in,
    dotted,
    files_below_interfaces,
    found_in,
    name_of,
)

# Steps of other services, which need the transaction that the caller has opened: an entry of the journal, the
# end of a certificate's wait and a class's change of state are only true together with the rows they speak of.
STEPS = frozenset(
    {
        "subsidies/services/assembly_steps.py",
        "subsidies/services/claim_opening_steps.py",
        "subsidies/services/claim_review_steps.py",
        "subsidies/services/claim_state_steps.py",
        "subsidies/services/claim_steps.py",
        "subsidies/services/correction_steps.py",
        "subsidies/services/decision_steps.py",
        "subsidies/services/evidence.py",
        "subsidies/services/journal.py",
        "subsidies/services/netting_steps.py",
        "subsidies/services/notification_steps.py",
        "subsidies/services/reckoning_steps.py",
        "subsidies/services/recovery_steps.py",
        "subsidies/services/release_checks.py",
        "subsidies/services/result_file_steps.py",
        "subsidies/services/sending_steps.py",
        "subsidies/services/settlement_steps.py",
        "subsidies/services/transit_steps.py",
        "subsidies/services/void_steps.py",
        "subsidies/services/withdrawal_steps.py",
        "assessment/services/certificate_steps.py",
        "assessment/services/candidate_steps.py",
        "assessment/services/certificates.py",
        "assessment/services/hand_out_steps.py",
        "assessment/services/results_steps.py",
        "assessment/services/certificate_numbers.py",
        "assessment/services/review_steps.py",
        "assessment/services/session_checks.py",
        "assessment/services/signal_steps.py",
        "enrollment/services/account_steps.py",
        "enrollment/services/class_steps.py",
        "enrollment/services/correction_steps.py",
        "enrollment/services/enrollment_steps.py",
        "enrollment/services/filing_checks.py",
        "enrollment/services/plan_checks.py",
        "enrollment/services/roster_lock_steps.py",
        "enrollment/services/roster_staging.py",
        "enrollment/services/roster_staging_rows.py",
        "enrollment/services/roster_steps.py",
        "enrollment/services/trainee_steps.py",
        "institutions/services/machine_steps.py",
        "institutions/services/quota_steps.py",
        "partners/services/webhook_state_steps.py",
        "partners/services/webhook_steps.py",
    }
)
DURABLE = "transaction.atomic(durable=True)"
WRITES = frozenset(
    {
        "save",
        "create",
        "bulk_create",
        "bulk_update",
        "copy_rows",
        "get_or_create",
        "update_or_create",
        "update",
        "delete",
    }
)
CLOCKS = frozenset(
    {
        "timezone.now",
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "datetime.datetime.now",
        "datetime.date.today",
        "time.monotonic",
    }
)
SERVICE_FILES = app_files(frozenset({"services"}))
TASK_FILES = [*app_files(frozenset({"tasks"})), REPOSITORY / "chongqing_dte/foundation/tasks.py"]
PUBLIC_SERVICE_FILES = [path for path in SERVICE_FILES if name_of(path) not in STEPS]


def public_functions(source: str) -> list[ast.FunctionDef]:
    """Return the module's own functions whose names do not begin with an underscore."""
    return [
        n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")
    ]


def positional_services(source: str) -> list[str]:
    """Return the public functions that can be called with an argument whose part is not named."""
    found = public_functions(source)
    return [f.name for f in found if f.args.args or f.args.posonlyargs or f.args.vararg or f.args.kwarg]


def transactions_other_than_durable(source: str) -> list[int]:
    """Return the lines with a transaction that could be nested in another."""
    tree = ast.parse(source)
    written = [
        node for node in ast.walk(tree) if isinstance(node, ast.expr) and dotted(node).endswith("atomic")
    ]
    durable = {id(call.func) for name, call in calls_in(tree) if ast.unparse(call) == DURABLE}
    return [node.lineno for node in written if id(node) not in durable]


def services_that_write_without_transaction(source: str) -> list[str]:
    """Return the public functions that write and do not open the transaction themselves."""
    return [
        function.name
        for function in public_functions(source)
        if [ast.unparse(decorator) for decorator in function.decorator_list] != [DURABLE]
        and any(name.rpartition(".")[2] in WRITES for name, _call in calls_in(function))
    ]


def services_called_by_services(source: str) -> list[str]:
    """Return the modules of services, other than the steps, from which a service imports."""
    steps = {step.removesuffix(".py").replace("/", ".") for step in STEPS}
    imported = {node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    return sorted(module for module in imported - steps if ".services." in module)


def clocks_read(source: str) -> list[str]:
    """Return what asks for the present time: the clock, a field that asks it, or today's date by default."""
    tree = ast.parse(source)
    named = [
        dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and dotted(node) in CLOCKS
    ]
    by_default = [
        name
        for name, call in calls_in(tree)
        if name in {"timezone.localdate", "timezone.localtime"} and not (call.args or call.keywords)
    ]
    by_field = [
        node.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and "auto_now" in (node.arg or "")
    ]
    return [*named, *by_default, *by_field]


def test_service_names_the_part_of_each_argument() -> None:
    assert found_in(PUBLIC_SERVICE_FILES, positional_services) == {}


def test_service_opens_no_transaction_that_could_be_nested() -> None:
    assert found_in(SERVICE_FILES, transactions_other_than_durable) == {}


def test_service_that_writes_opens_the_transaction() -> None:
    assert found_in(PUBLIC_SERVICE_FILES, services_that_write_without_transaction) == {}


def test_service_calls_no_other_service() -> None:
    assert found_in(SERVICE_FILES, services_called_by_services) == {}


def test_time_comes_from_outside() -> None:
    assert found_in(files_below_interfaces(), clocks_read) == {}


def test_task_goes_by_the_clock_that_all_workers_share() -> None:
    assert found_in(TASK_FILES, clocks_read) == {}


def test_every_step_exists() -> None:
    assert {name_of(path) for path in SERVICE_FILES} >= STEPS


def test_planted_positional_argument_is_found() -> None:
    assert positional_services("def pay_claim(claim, *, now): ...") == ["pay_claim"]


@pytest.mark.parametrize(
    "planted",
    [
        "@transaction.atomic\ndef pay_claim(*, now): ...",
        "@transaction.atomic()\ndef pay_claim(*, now): ...",
        "def pay_claim(*, now):\n    with transaction.atomic():\n        pass",
        "@transaction.atomic(durable=False)\ndef pay_claim(*, now): ...",
    ],
)
def test_planted_nestable_transaction_is_found(planted: str) -> None:
    assert transactions_other_than_durable(planted)


@pytest.mark.parametrize(
    "planted",
    [
        "def pay_claim(*, claim):\n    claim.save()",
        "def pay_claim(*, now):\n    Claim.objects.filter().update(at=now)",
    ],
)
def test_planted_write_without_transaction_is_found(planted: str) -> None:
    assert services_that_write_without_transaction(planted) == ["pay_claim"]


def test_planted_call_of_another_service_is_found() -> None:
    assert services_called_by_services("from enrollment.services.classes import file_class")


@pytest.mark.parametrize(
    "planted",
    [
        "now = timezone.now()",
        "day = datetime.now(tz=UTC)",
        "day = date.today()",
        "day = timezone.localdate()",
        "at = models.DateTimeField(auto_now_add=True)",
        "at = models.DateTimeField(default=timezone.now)",
    ],
)
def test_planted_clock_is_found(planted: str) -> None:
    assert clocks_read(planted)


def test_good_service_offends_nothing() -> None:
    source = (
        "@transaction.atomic(durable=True)\n"
        "def pay_claim(*, claim_id, now):\n"
        "    Payment.objects.create(claim_id=claim_id, on=timezone.localdate(now))\n"
    )

    assert positional_services(source) == []
    assert transactions_other_than_durable(source) == []
    assert services_that_write_without_transaction(source) == []
    assert services_called_by_services(source) == []
    assert clocks_read(source) == []
