"""Checks and confirms one roster in this process, and prints what it took and the most memory that it had."""

import json
import os
import sys


def main(upload_id: int) -> None:
    """Work as a worker does, with nothing else in the process."""
    import django

    django.setup()
    from django.utils import timezone

    from benchmarks.measuring import peak_mb, seconds_of
    from benchmarks.roster import confirm, holders_of
    from enrollment.models import RosterUpload
    from enrollment.services.roster_checks import check_roster

    check = seconds_of(lambda: check_roster(upload_id=upload_id, now=timezone.now(), holders_of=holders_of()))
    after_check = peak_mb(os.getpid())
    upload = RosterUpload.objects.defer("content").select_related("uploaded_by").get(pk=upload_id)
    if upload.status != "READY":
        raise RuntimeError(f"The roster is {upload.status} {upload.failure_code}.")
    confirming = seconds_of(lambda: confirm(upload))
    print(
        json.dumps(
            {
                "check": check,
                "confirm": confirming,
                "peak_after_check_mb": after_check,
                "peak_mb": peak_mb(os.getpid()),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
