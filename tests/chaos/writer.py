"""An evaluation institution that records its results, and asks again until it has an answer.

python -m tests.chaos.writer SEED UPLOAD...
"""

import random
import sys
import time

import django
from django.db import InterfaceError, OperationalError, connections

LONGEST_PAUSE_SECONDS = 10.0


def record(upload_id: int) -> None:
    """Record one submission. Whoever gets no answer cannot know what became of it, and asks once more."""
    from assessment.models import ResultsUpload
    from assessment.services.results import record_results
    from chongqing_dte.foundation.clock import database_now

    while True:
        try:
            upload = ResultsUpload.objects.select_related("uploaded_by").get(pk=upload_id)
            record_results(upload_id=upload.pk, operator=upload.uploaded_by, now=database_now())
        except (OperationalError, InterfaceError):
            connections.close_all()
            time.sleep(0.2)
        else:
            return


def main(seed: int, upload_ids: list[int]) -> None:
    django.setup()
    chance = random.Random(seed)
    for upload_id in upload_ids:
        time.sleep(chance.uniform(0.0, LONGEST_PAUSE_SECONDS))
        record(upload_id)


if __name__ == "__main__":
    main(int(sys.argv[1]), [int(word) for word in sys.argv[2:]])
