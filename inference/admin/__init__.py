"""The staff admin of inference."""

from inference.admin import batches, jobs, models, prompts, webhooks

__all__ = ("batches", "jobs", "models", "prompts", "webhooks")
