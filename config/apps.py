"""Loads the Celery application with Django, so that a task sent from anywhere finds its broker."""

from django.apps import AppConfig

from config.celery import app as celery_app

__all__ = ("celery_app",)


class ConfigConfig(AppConfig):
    name = "config"
