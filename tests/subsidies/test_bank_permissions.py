"""Who carries files to the bank, settles its answers and stops sending. Every role appears in every line."""

import pytest

from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import Role
from institutions.models import User
from subsidies import policies
from subsidies.models import BatchDownload, LineResolution, SendingStop

FINANCE = {Role.MUNICIPAL_FINANCE}
ALLOWED = [
    pytest.param("work_with_bank", (), FINANCE, id="work with the bank"),
    pytest.param("stop_sending", (), {*FINANCE, Role.MUNICIPAL_OPERATOR}, id="stop sending"),
    pytest.param("see_password", (BatchDownload(requested_by_id=1),), FINANCE, id="own password"),
    pytest.param("see_password", (BatchDownload(requested_by_id=2),), set(), id="another's password"),
    pytest.param("decide_resolution", (LineResolution(proposed_by_id=2),), FINANCE, id="another's finding"),
    pytest.param("decide_resolution", (LineResolution(proposed_by_id=1),), set(), id="own finding"),
    pytest.param("lift_stop", (SendingStop(lift_proposed_by_id=2),), FINANCE, id="another's proposal"),
    pytest.param("lift_stop", (SendingStop(lift_proposed_by_id=1),), set(), id="own proposal"),
    pytest.param("lift_stop", (SendingStop(),), set(), id="no proposal"),
]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("act", "rows", "roles"), ALLOWED)
def test_role_may(act, rows, roles, role):
    user = User(pk=1, role=role)
    is_refused = False

    try:
        getattr(policies, f"check_can_{act}")(user, *rows)
    except NotPermitted:
        is_refused = True

    assert getattr(policies, f"can_{act}")(user, *rows) == (role in roles)
    assert is_refused == (role not in roles)
