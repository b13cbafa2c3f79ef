"""The Celery application: `celery -A config worker` and `celery -A config.beat beat`."""

import os

from celery import Celery
from celery.bootsteps import Step
from celery.worker import WorkController

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# They are for `make lint`; in a worker they would load every page and door of the API.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

# Whose tasks a worker needs that serves these queues and no others; any other worker has everybody's.
APPS = {frozenset({"inference"}): ["inference"]}

app = Celery("plumbline")
app.config_from_object("django.conf:settings", namespace="CELERY")


class Tasks(Step):
    """Loads tasks when the queues of the worker are known: those about events take 100 MB with their libraries."""

    def create(self, parent: WorkController) -> None:
        queues = frozenset(parent.app.amqp.queues.consume_from)
        parent.app.autodiscover_tasks(APPS.get(queues), force=True)


app.steps["worker"].add(Tasks)
