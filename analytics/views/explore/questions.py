"""The kinds that people explore by: what each is called and answers. No Django here."""

from dataclasses import dataclass

from analytics.kinds import KINDS


@dataclass(frozen=True, slots=True)
class Question:
    """`is_list` where the answer is a wide list, which wants the whole width of the page."""

    kind: str
    label: str
    about: str
    is_list: bool = False


# The overview has a page of its own.
_ALL = (
    Question("trends", "Trends", "How often something happens, over time."),
    Question("breakdown", "Breakdown", "Which values carry a number."),
    Question("funnel", "Funnel", "How many get from one step to the next."),
    Question("retention", "Retention", "Who comes back, and when."),
    Question("lifecycle", "Lifecycle", "New, returning, resurrecting and dormant people."),
    Question("stickiness", "Stickiness", "On how many days people are active."),
    Question("paths", "Paths", "What people do one after another."),
    Question("sessions", "Sessions", "How long and deep visits are."),
    Question("revenue", "Revenue", "What was earned, by whom, in which currency."),
    Question("attribution", "Attribution", "Which visits led to a conversion."),
    Question("drivers", "Drivers", "What carries a change."),
    Question("events", "Events", "What happened, one by one.", is_list=True),
    Question("people", "People", "Who was there, and what is known of them.", is_list=True),
    Question("groups", "Groups", "Which accounts were there, and how active they are.", is_list=True),
)
QUESTIONS = {question.kind: question for question in _ALL if question.kind in KINDS}
