import os
from typing import Any

from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chongqing_dte.settings.dev")


class Nudge(Task):
    """A task whose message may be lost, late or repeated without harm, because the rows are the jobs.

    A message that nobody took within a minute is dropped: the sweep on the beat schedule finds the same rows.
    """

    expires = 60
    ignore_result = True

    def before_start(self, *_: Any) -> None:
        """Let the next nudge through, before this run reads the first row."""
        # Not above: settings are not there yet when this module is imported.
        from chongqing_dte.foundation.jobs import note_beginning

        note_beginning(self.name)


app = Celery("chongqing_dte", task_cls=Nudge)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
