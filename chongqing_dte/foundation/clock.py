"""The database's clock, which all processes share: a machine's own may be wrong by hours or years."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the present time as the database knows it. For interfaces: a service is given its time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    moment: datetime = now
    return moment
