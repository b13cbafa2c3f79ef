"""Celery beat without Django's apps: it sends names at times, so it needs the schedule and the broker only.

`celery -A config.beat beat` takes two thirds of the memory that `celery -A config beat` does.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("plumbline-beat", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
