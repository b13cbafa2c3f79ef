"""PostgreSQL and Redis from their PyPI wheels, run as children in the foreground.

Nothing here is imported where `DATABASE_URL` and `REDIS_URL` name servers of your own.
"""
