"""People look at their own decision: with a code to the mobile that is known, or a link that an office handed out.

Whether a certificate and an ID number belong together is told to nobody who only knows the two: what is asked about
nobody is answered alike, and takes the same steps.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation

from assessment.models import LevelCertificate
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.crypto import DAMAGED, keyed_hash
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.locks import session_lock
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import gettext_lazy
from chongqing_dte.foundation.words import stated
from enrollment.models import BankAccount
from enrollment.queries import lock_trainees, mobile_of_person
from enrollment.rules.identifiers import mobile_is_valid
from enrollment.services.account_steps import AccountDetails, checked_account, give_own_account
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import AccessKind, AccessPurpose
from subsidies.gateways import GatewayUnavailable, SmsGateway
from subsidies.models import SelfCheckAccess
from subsidies.queries import NOBODY, Holder

log = structlog.get_logger(__name__)

CODE_HOLDS_FOR: Final = timedelta(minutes=10)
LINK_HOLDS_FOR: Final = timedelta(days=7)
# As the constraint `self_check_few_wrong_tries` has it.
MOST_WRONG_TRIES: Final = 5
# For one certificate, counted in the table: also while the counter of tries is away.
MOST_CODES_A_DAY: Final = 10
# A gateway that failed so often in a row is away; what is left waits for the next sweep.
FAILURES_OF_A_GATEWAY: Final = 3
TEXTS: Final = {
    AccessPurpose.LOOK: gettext_lazy(
        "Digital Technology Engineer Programme: %(code)s is your code for the self-check of your subsidy. "
        "It holds for 10 minutes. Tell it to nobody."
    ),
    AccessPurpose.ACCOUNT: gettext_lazy(
        "Digital Technology Engineer Programme: %(code)s confirms the new account for your subsidy, which "
        "ends in %(account_ends_in)s. "
        "It holds for 10 minutes. If you did not ask for this, tell it to nobody and call your bureau."
    ),
}


class KeyDoesNotOpen(DomainError):
    """The key is wrong, used, too old, or was tried too often. Which of these, nobody is told."""

    code = "key_does_not_open"

    def __init__(self) -> None:
        super().__init__(
            _("This does not open anything: it is wrong, was used already, or does not hold any more.")
        )


# ── Codes ────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def ask_for_code(*, number: str, id_number: str, now: datetime) -> int:
    """Make a code for the holder of a certificate, and return its key's id; nobody's, if there is no such holder.

    The worker sends it: how long the gateway takes tells nothing to whoever asked.
    """
    holder = queries.holder_of(number=number, id_number=id_number)
    return _make_code(holder, AccessPurpose.LOOK, now)


@transaction.atomic(durable=True)
def ask_to_change_account(*, opened_id: int, account: AccountDetails, now: datetime) -> int:
    """Check an account and make the code that confirms it. Returns the id of the code's key.

    Raises DomainError if the account cannot be one, and InvalidTransition if no account can matter any more.
    """
    opened = _opened(opened_id, now)
    checked = checked_account(account)
    _check_money_may_move(opened.certificate_id)
    holder = Holder(opened.certificate_id, opened.trainee_id)
    return _make_code(holder, AccessPurpose.ACCOUNT, now, checked.number[-4:])


def send_self_check_codes(*, gateway: SmsGateway, now: datetime) -> int:
    """Hand every code that waits to the gateway, and return how many it took. Safe to repeat.

    A code whose message left before that was recorded leaves once more, and is the same code.
    """
    sent_count = failures = 0
    with session_lock("self_check_codes") as is_ours:
        for key in queries.codes_to_send(now) if is_ours else ():
            try:
                sent_count += _send(key, gateway, now)
                failures = 0
            except GatewayUnavailable as problem:
                failures += 1
                log.warning("code_not_sent", key=key.pk, problem=str(problem))
            if failures == FAILURES_OF_A_GATEWAY:
                break
    return sent_count


def open_with_code(*, key_id: int, code: str, now: datetime) -> SelfCheckAccess:
    """Use up a code, and return the key that it was for. Raises KeyDoesNotOpen, and counts the try."""
    return _opened_or_refused(_try_code(key_id, code, AccessPurpose.LOOK, now))


def confirm_own_account(
    *, opened_id: int, key_id: int, code: str, account: AccountDetails, now: datetime
) -> BankAccount:
    """Record the account that the person gave and confirmed by a fresh code, in one transaction with the code's end.

    Raises KeyDoesNotOpen, and counts the try.
    """
    recorded = _try_to_confirm(opened_id, key_id, code, account, now)
    if recorded is None:
        raise KeyDoesNotOpen
    return recorded


# ── Links ────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def hand_out_link(*, certificate_id: int, issuer: User, reason: str, now: datetime) -> str:
    """Return the token of a new link for a certificate's holder. It is kept nowhere and so is shown once.

    Raises NotPermitted unless the issuer hands out links, and DomainError without a reason.
    """
    policies.check_can_hand_out_links(issuer)
    reason = stated(reason)
    if not reason:
        raise DomainError(_("Say how you know who asked for the link."), code="reason_missing")
    certificate = LevelCertificate.objects.select_related("trainee").get(pk=certificate_id)
    token = secrets.token_urlsafe(32)
    key = SelfCheckAccess.objects.create(
        trainee_id=certificate.trainee.person_id,
        certificate=certificate,
        kind=AccessKind.LINK,
        secret_hash=_link_hash(token),
        created_at=now,
        expires_at=now + LINK_HOLDS_FOR,
        issued_by=issuer,
        reason=reason,
    )
    record_event("self_check.link_handed_out", subject=key, actor_id=issuer.pk, at=now, reason=reason)
    return token


def open_with_link(*, token: str, number: str, id_number: str, now: datetime) -> SelfCheckAccess:
    """Use up a link together with what its holder knows, and return its key. Raises KeyDoesNotOpen."""
    return _opened_or_refused(_try_link(token, number, id_number, now))


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────
def _make_code(holder: Holder, purpose: AccessPurpose, now: datetime, account_ends_in: str = "") -> int:
    # Two that ask at once are counted one after the other.
    lock_trainees([holder.person_id])
    issued_count = queries.codes_issued_since(holder.certificate_id, now - timedelta(days=1))
    is_made = holder.person_id != NOBODY and issued_count < MOST_CODES_A_DAY
    key_id = _create_code(holder, purpose, now, account_ends_in) if is_made else _create_nothing()
    record_event(
        "self_check.code_asked",
        subject=LevelCertificate(pk=holder.certificate_id),
        at=now,
        facts={"purpose": purpose.value, "is_made": is_made},
    )
    nudge_after_commit("self_check_code_asked")
    return key_id


def _create_code(holder: Holder, purpose: AccessPurpose, now: datetime, account_ends_in: str) -> int:
    key = SelfCheckAccess.objects.create(
        trainee_id=holder.person_id,
        certificate_id=holder.certificate_id,
        kind=AccessKind.CODE,
        purpose=purpose,
        secret_hash=secrets.token_hex(32),
        account_ends_in=account_ends_in,
        created_at=now,
        expires_at=now + CODE_HOLDS_FOR,
    )
    return key.pk


def _create_nothing() -> int:
    """Take as many statements as a code does."""
    SelfCheckAccess.objects.filter(pk=NOBODY).update(wrong_tries=MOST_WRONG_TRIES)
    return NOBODY


def _send(key: SelfCheckAccess, gateway: SmsGateway, now: datetime) -> bool:
    """Hand one code to the gateway, and say whether there was a mobile to send it to."""
    try:
        mobile = mobile_of_person(key.trainee_id)
    except DAMAGED:
        mobile = ""
    has_mobile = mobile_is_valid(mobile)
    if has_mobile:
        with translation.override(settings.LANGUAGE_CODE):
            facts = {"code": code_of(key=key), "account_ends_in": key.account_ends_in}
            text = str(TEXTS[AccessPurpose(key.purpose)]) % facts
        gateway.send(mobile, text, f"self-check:{key.pk}")
    _record_sent(key, now, has_mobile=has_mobile)
    return has_mobile


@transaction.atomic(durable=True)
def _record_sent(key: SelfCheckAccess, now: datetime, *, has_mobile: bool) -> None:
    SelfCheckAccess.objects.filter(pk=key.pk).update(sent_at=now)
    record_event("self_check.code_sent" if has_mobile else "self_check.no_mobile", subject=key, at=now)


def code_of(*, key: SelfCheckAccess) -> str:
    """Return the six digits of a code, which stand nowhere: only the portal's key makes them out of the row."""
    return f"{int(keyed_hash('self_check_code', key.secret_hash), 16) % 1_000_000:06}"


def _link_hash(token: str) -> str:
    return keyed_hash("self_check_link", token)


@transaction.atomic(durable=True)
def _try_code(key_id: int, code: str, purpose: AccessPurpose, now: datetime) -> SelfCheckAccess | None:
    key = queries.lock_key(key_id)
    return key if _is_opened(key, now, fits=_fits(key, code, purpose)) else None


@transaction.atomic(durable=True)
def _try_link(token: str, number: str, id_number: str, now: datetime) -> SelfCheckAccess | None:
    holder = queries.holder_of(number=number, id_number=id_number)
    key = queries.lock_key_of_link(_link_hash(token))
    fits = key is not None and key.certificate_id == holder.certificate_id
    return key if _is_opened(key, now, fits=fits) else None


@transaction.atomic(durable=True)
def _try_to_confirm(
    opened_id: int, key_id: int, code: str, account: AccountDetails, now: datetime
) -> BankAccount | None:
    opened = _opened(opened_id, now)
    key = queries.lock_key(key_id)
    is_same = key is not None and key.certificate_id == opened.certificate_id
    if not _is_opened(key, now, fits=is_same and _fits(key, code, AccessPurpose.ACCOUNT)):
        return None
    _check_money_may_move(opened.certificate_id)
    return give_own_account(trainee_id=opened.trainee_id, account=account, now=now)


def _fits(key: SelfCheckAccess | None, code: str, purpose: AccessPurpose) -> bool:
    """Test whether this is the code. Whoever has none is compared with one, too."""
    compared = code_of(key=key or SelfCheckAccess(secret_hash=""))
    is_it = hmac.compare_digest(compared.encode(), code.encode())
    return is_it and key is not None and key.kind == AccessKind.CODE and key.purpose == purpose


def _is_opened(key: SelfCheckAccess | None, now: datetime, *, fits: bool) -> bool:
    """Use the key up, or count the wrong try, and say which."""
    holds = (
        key is not None
        and key.used_at is None
        and key.wrong_tries < MOST_WRONG_TRIES
        and now <= key.expires_at
    )
    keys = SelfCheckAccess.objects.filter(pk=key.pk if key else NOBODY)
    is_opened = holds and fits
    if is_opened:
        keys.update(used_at=now)
    else:
        keys.filter(used_at__isnull=True, wrong_tries__lt=MOST_WRONG_TRIES).update(
            wrong_tries=F("wrong_tries") + 1
        )
    name = "self_check.opened" if is_opened else "self_check.not_opened"
    record_event(name, subject=key or SelfCheckAccess(pk=NOBODY), at=now)
    return is_opened


def _opened_or_refused(key: SelfCheckAccess | None) -> SelfCheckAccess:
    if key is None:
        raise KeyDoesNotOpen
    return key


def _opened(opened_id: int, now: datetime) -> SelfCheckAccess:
    return _opened_or_refused(queries.opened_key(opened_id, now))


def _check_money_may_move(certificate_id: int) -> None:
    if not queries.money_may_still_move(certificate_id):
        raise InvalidTransition(_("Nothing waits for an account any more."))
