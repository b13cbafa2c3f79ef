from inference.models.jobs import Job

__all__ = ("Job",)
