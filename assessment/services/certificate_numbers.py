from typing import Final

from assessment import queries
from assessment.models import AssessmentPolicy, AssessmentSession
from assessment.rules.certificate_numbers import PORTAL_PREFIX, number_flaw
from institutions.queries import lock_institution

SERIAL_DIGITS: Final = 6


def portal_numbers(*, session: AssessmentSession, count: int, year: int) -> list[str]:
    """Return so many numbers that no certificate has, to be given in the transaction that the caller has opened.

    A step: whoever asks for the same institution waits until that transaction ends, and goes on behind its numbers.
    """
    if count == 0:
        return []
    institution = lock_institution(session.institution_id)
    prefix = f"{PORTAL_PREFIX}{year}-{institution.pk:05d}-"
    first = _next_serial(prefix)
    return [f"{prefix}{serial:0{SERIAL_DIGITS}d}" for serial in range(first, first + count)]


def _next_serial(prefix: str) -> int:
    # Longer serials come only once all shorter ones are used up.
    digits, serial = SERIAL_DIGITS, 1
    while last := queries.last_certificate_number(prefix, digits=digits):
        serial = int(last.removeprefix(prefix)) + 1
        if serial < 10**digits:
            break
        digits += 1
    return serial


def number_problem(number: str, policy: AssessmentPolicy | None) -> str | None:
    """Return the code of what is wrong with a number that an institution gave, a key of RESULT_MESSAGES, or None.

    A session from before the first policy has none, and no pattern either.
    """
    return number_flaw(number, policy.certificate_number_pattern if policy else "")
