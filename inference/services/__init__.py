"""Writes: jobs and their ends."""
