"""Durable jobs on one worker and one web process, beside the provider called bare and a plain FastAPI gateway."""

from tests.bench.inference.run import run

__all__ = ("run",)
