"""Servers that speak other people's wire formats over real HTTP."""
