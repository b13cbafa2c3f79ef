"""What the numbers should be: plain Python over a list of events, slow and obvious.

Written from the definitions (`definition` of each kind), not from the code that it judges, of which it uses
nothing but the shapes of specs and events.
"""
