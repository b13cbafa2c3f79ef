"""Explore: a form for every kind of question, its answer as plots and tables, all of it in the address."""
