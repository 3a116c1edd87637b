from django.conf import settings
from django.http import HttpRequest

from chongqing_dte.foundation.limits import asking_address
from partners.policies import Caller


def caller_of(request: HttpRequest) -> Caller:
    """Return from where somebody asks, and the checksum of the certificate that the proxy has checked."""
    header = settings.PARTNER_CERTIFICATE_HEADER
    shown = request.headers.get(header, "") if header else ""
    return Caller(asking_address(request), shown.replace(":", "").strip().lower())
