"""Writes: organizations, members and keys."""
