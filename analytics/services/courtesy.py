"""What Redis does beside the way of an event: a courtesy, that must neither lose nor hold up an event.

After a failure it is left alone for a while.
"""

from analytics.rest import Rest

REST = Rest()
