"""The demo: the events of an invented B2B product, simulated from a seed and sent as a client would."""
