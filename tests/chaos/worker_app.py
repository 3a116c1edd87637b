"""The portal's own Celery app behind the post: workers listen to where it delivers, and send to where it collects."""

from chongqing_dte.celery import app
from tests.chaos.post import QUEUES, delivered

app.conf.task_queues = {name: {"exchange": name} for queue in QUEUES for name in (queue, delivered(queue))}
