"""Cohorts: people that match now (definitions: Cohort). What a definition may say, and who matches it."""
