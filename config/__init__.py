"""Wires the apps: settings, URLs, ASGI, Celery, the embedded services and the supervisor."""
