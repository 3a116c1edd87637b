from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.sentences import gettext as _
from institutions.enums import Role
from institutions.models import User
from subsidies.models import BankResultFile, BatchDownload, LineResolution, SendingStop


def can_work_with_bank(user: User) -> bool:
    """Test whether this person carries files to the bank and back, and settles what its answers leave open."""
    return user.role == Role.MUNICIPAL_FINANCE


def check_can_work_with_bank(user: User) -> None:
    """Raise NotPermitted unless this person works with the bank."""
    if not can_work_with_bank(user):
        raise NotPermitted


def can_fetch(user: User, download: BatchDownload) -> bool:
    """Test whether this person may fetch a sealed file: never whoever asked for it, who sees its password."""
    return can_work_with_bank(user) and download.requested_by_id != user.pk


def check_can_fetch(user: User, download: BatchDownload) -> None:
    """Raise NotPermitted unless this person may fetch this sealed file."""
    if not can_fetch(user, download):
        raise NotPermitted(_("Whoever asked for the link has the password. Somebody else fetches the file."))


def can_see_password(user: User, download: BatchDownload) -> bool:
    """Test whether the password of a download is this person's: of whoever asked for it, and nobody else's."""
    return can_work_with_bank(user) and download.requested_by_id == user.pk


def check_can_see_password(user: User, download: BatchDownload) -> None:
    """Raise NotPermitted unless the password of this download is this person's."""
    if not can_see_password(user, download):
        raise NotPermitted


def can_decide_result_file(user: User, file: BankResultFile) -> bool:
    """Test whether this person may confirm or refuse a result file that was brought by hand: never who brought it."""
    return can_work_with_bank(user) and file.received_by_id != user.pk


def check_can_decide_result_file(user: User, file: BankResultFile) -> None:
    """Raise NotPermitted unless this person may confirm or refuse a result file that was brought by hand."""
    if not can_decide_result_file(user, file):
        raise NotPermitted


def can_decide_resolution(user: User, resolution: LineResolution) -> bool:
    """Test whether this person may decide on what was found out about a bank line: never whoever found it out."""
    return can_work_with_bank(user) and resolution.proposed_by_id != user.pk


def check_can_decide_resolution(user: User, resolution: LineResolution) -> None:
    """Raise NotPermitted unless this person may decide on what was found out about a bank line."""
    if not can_decide_resolution(user, resolution):
        raise NotPermitted


def can_stop_sending(user: User) -> bool:
    """Test whether this person may stop everything that goes to the banks. One is enough for that."""
    return user.role in (Role.MUNICIPAL_FINANCE, Role.MUNICIPAL_OPERATOR)


def check_can_stop_sending(user: User) -> None:
    """Raise NotPermitted unless this person may stop everything that goes to the banks."""
    if not can_stop_sending(user):
        raise NotPermitted


def can_lift_stop(user: User, stop: SendingStop) -> bool:
    """Test whether this person may let sending go on, as somebody else has proposed."""
    return can_work_with_bank(user) and stop.lift_proposed_by_id not in (None, user.pk)


def check_can_lift_stop(user: User, stop: SendingStop) -> None:
    """Raise NotPermitted unless this person may let sending go on, as somebody else has proposed."""
    if not can_lift_stop(user, stop):
        raise NotPermitted
