"""Why one event is not taken, while the rest of its request is."""

from analytics.contracts import DropReason


class Refused(Exception):
    """An event that is not kept: a sentence, the field at fault where there is one, and where it is counted."""

    def __init__(self, reason: str, field: str = "", drop: DropReason = DropReason.INVALID) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.drop = drop
