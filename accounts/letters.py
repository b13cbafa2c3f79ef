"""What an e-mail says, once for its text and its HTML. No Django here."""

from dataclasses import dataclass
from datetime import datetime


def moment(at: datetime) -> str:
    """As in "1 March 2026 at 12:00 UTC", of a time in UTC."""
    return f"{at.day} {at:%B %Y at %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail: a heading, paragraphs, at most a code and one link, and why the reader gets it."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    why: str
    code: str = ""
    label: str = ""
    address: str = ""

    @property
    def subject_line(self) -> str:
        """The subject on one line, whatever an organization is called."""
        return " ".join(self.subject.split())
