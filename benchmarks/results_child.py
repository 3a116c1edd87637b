"""Checks and records one result list in this process, and prints the most memory that it had, in megabytes."""

import os
import sys
from pathlib import Path


def main(session_id: int, path: str) -> None:
    """Work as the web does, with nothing else in the process."""
    import django

    django.setup()
    from assessment.models import AssessmentSession
    from benchmarks.measuring import peak_mb
    from benchmarks.results import check_list, record_list

    session = AssessmentSession.objects.select_related("filed_by").get(pk=session_id)
    record_list(check_list(session, Path(path).read_bytes()))
    print(peak_mb(os.getpid()))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
