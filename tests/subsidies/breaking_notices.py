"""For every promise about notices, a world in which exactly this one is broken."""

from collections.abc import Callable

from subsidies.enums import PaymentStatus
from subsidies.models import NoticeLine, Objection, Payment, PublicNotice
from tests.clock import NOW
from tests.factories.notices import payment_on_notice, payment_to_notice, said_against
from tests.subsidies.database import triggers_off


def pass_by_the_notice() -> None:
    payment_to_notice()
    with triggers_off():
        Payment.objects.update(status=PaymentStatus.READY)


def close_a_notice_early() -> None:
    payment_on_notice()
    PublicNotice.objects.update(closed_at=NOW)


def be_on_no_notice() -> None:
    payment_to_notice()
    Payment.objects.update(status=PaymentStatus.ON_NOTICE)


def write_another_hash() -> None:
    payment_on_notice()
    with triggers_off():
        PublicNotice.objects.update(sha256="0" * 64)


def show_another_name() -> None:
    payment_on_notice()
    with triggers_off():
        NoticeLine.objects.update(masked_name="李＊")


def turn_an_objection_against_another() -> None:
    payment, other = payment_on_notice(), payment_on_notice()
    said_against(payment)
    with triggers_off():
        Objection.objects.update(entitlement=other.entitlement)


NOTICE_BREAKS: dict[str, Callable[[], None]] = {
    "money_left_after_its_notice": pass_by_the_notice,
    "notice_closed_after_its_last_day": close_a_notice_early,
    "payment_on_notice_has_its_line": be_on_no_notice,
    "notice_hash_is_of_its_content": write_another_hash,
    "notice_content_is_its_lines": show_another_name,
    "objection_is_against_its_line": turn_an_objection_against_another,
}
