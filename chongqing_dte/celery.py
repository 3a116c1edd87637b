import os

from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chongqing_dte.settings.dev")


class Nudge(Task):
    """A task whose message may be lost, late or repeated without harm, because the rows are the jobs.

    A message that nobody took within a minute is dropped: the sweep on the beat schedule finds the same rows.
    """

    expires = 60
    ignore_result = True


app = Celery("chongqing_dte", task_cls=Nudge)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
