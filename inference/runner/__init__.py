"""One event loop a worker process that holds all its LLM calls at once, since they only wait."""
