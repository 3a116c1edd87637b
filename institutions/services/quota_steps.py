"""How funded seats are held and given back. Steps of other services, which have locked the quota."""

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from institutions.models import FundedQuota


class QuotaExceeded(DomainError):
    """The institution has fewer funded seats left in the year than are asked for."""

    code = "quota_exceeded"

    def __init__(self, *, asked: int, free: int, year: int) -> None:
        super().__init__(
            _("%(asked)s funded seats are asked for, and only %(free)s of the year %(year)s are free.")
            % {"asked": asked, "free": free, "year": year}
        )


def reserve_seats(quota: FundedQuota, count: int) -> None:
    """Hold seats of a quota that the caller has locked. Raises QuotaExceeded, and then holds none of them."""
    if count > quota.free_count:
        raise QuotaExceeded(asked=count, free=quota.free_count, year=quota.year)
    quota.reserved_count += count
    quota.save(update_fields=["reserved_count"])


def release_seats(quota: FundedQuota, count: int) -> None:
    """Give seats back to a quota that the caller has locked. Raises ValueError for more than are held."""
    if count > quota.reserved_count:
        raise ValueError(f"{count} seats cannot be released, {quota.reserved_count} are held")
    quota.reserved_count -= count
    quota.save(update_fields=["reserved_count"])
