from django.http import HttpRequest

from institutions.models import User


class SignedInRequest(HttpRequest):
    """What a view behind `login_required` receives."""

    user: User
