"""Bugs in what partners' systems are told, and in where it is sent."""

from typing import Final

from tests.planted.kinds import Rewritten, Unscheduled

SENDING: Final = "partners.services.webhook_sending"
TESTS: Final = "tests/partners/test_webhook_"

WEBHOOKS: Final = (
    Rewritten(
        name="webhook_unsigned",
        bug="a webhook leaves without a signature",
        module=SENDING,
        text="secrets=signing, message_id",
        instead="secrets=[], message_id",
        test=f"{TESTS}sending.py::test_delivery_arrives_signed",
    ),
    Rewritten(
        name="webhook_older_after_newer",
        bug="what failed is tried again though something newer waits in its place",
        module=SENDING,
        text="    if webhook_queries.has_newer_waiting(delivery):\n        return",
        instead="    if False:\n        return",
        test=f"{TESTS}sending.py::test_what_failed_gives_way_to_what_is_newer",
    ),
    Rewritten(
        name="webhook_into_the_house",
        bug="a name that leads to a public address and to a private one is connected to",
        module="partners.gateways.https_sender",
        text="return all(",
        instead="return any(",
        test=f"{TESTS}addresses.py::test_one_address_inside_among_public_ones_is_one_too_many",
    ),
    Rewritten(
        name="webhook_second_number",
        bug="the same change has another number when it is stamped again",
        module="partners.rules.webhooks",
        text="_written(changed_at), str(is_gone)",
        instead="_written(datetime.now(UTC)), str(is_gone)",
        test=f"{TESTS}queue.py::test_same_change_after_a_restore_has_the_same_number",
    ),
    Rewritten(
        name="webhook_of_another_office",
        bug="a system is told of rows that its office does not see",
        module="partners.services.webhook_steps",
        text="by_office.get((office, kind), ())",
        instead="[one for (_any, of), all_of in by_office.items() if of == kind for one in all_of]",
        test=f"{TESTS}queue.py::test_another_office_is_not_told",
    ),
    Unscheduled(
        name="webhooks_unscheduled",
        bug="without a nudge no webhook is sent",
        task="partners.tasks.send_webhooks_task",
        test=f"{TESTS}sending.py::test_the_sweep_sends_what_nobody_rang_for",
    ),
)
