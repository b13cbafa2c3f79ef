"""Writes: projects, keys, ingestion, sealing, compaction."""
