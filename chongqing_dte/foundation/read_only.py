from django.db import connection


def refuse_writes() -> None:
    """Let the database itself refuse every change until the open transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
