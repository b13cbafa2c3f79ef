"""Finds what is personal in a text: e-mail addresses, phone numbers, card numbers. No Django here.

A number is a card's if it has a card's first digits and length and passes the Luhn check. It is a phone's if it is
written as one: with + or 00 and a country, with a leading 0 and parts, as three, three and four digits in parts,
or behind a word for it. Dates, times, prices, addresses of machines and plain numbers of orders are none of these.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from inference.choices import Personal


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Where something personal stands in a text."""

    start: int
    end: int
    kind: Personal


def find(text: str, kinds: Collection[Personal]) -> list[Found]:
    """In their order, none inside another."""
    taken: list[Found] = []
    for kind in (Personal.EMAIL, Personal.CARD, Personal.PHONE):
        if kind in kinds:
            new = [Found(start, end, kind) for start, end in _FINDERS[kind](text)]
            taken = sorted([*taken, *(one for one in new if not _overlaps(one, taken))])
    return taken


def _overlaps(one: Found, taken: Iterable[Found]) -> bool:
    return any(one.start < other.end and other.start < one.end for other in taken)


# What may stand before the @, of which the longest run of 64 characters is looked at.
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\Z")
# Where a text joins an address to something before it, as in `email=ada@example.com`.
_JOINT = re.compile(r".*[=/{|}?&#*`^!$'](?=[\w.+%-])", re.DOTALL)
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62}")


def _emails(text: str) -> Iterator[tuple[int, int]]:
    place = text.find("@")
    end = 0
    while place >= 0:
        local, domain = _LOCAL.search(text, max(end, place - 64), place), _DOMAIN.match(text, place + 1)
        if local and domain:
            joint = _JOINT.match(text, local.start(), place)
            end = domain.end()
            yield (joint.end() if joint else local.start()), end
        place = text.find("@", place + 1)


_DIGITS = re.compile(r"(?<![\w.])\d+(?:[ -]\d+)*(?![\w])")
_FIRST = re.compile(r"4|5[0-8]|6|3[0-9]|22[2-9]|2[3-6]|27[01]|2720")
# The thirteen digits of old cards are those of every article's code today.
_LENGTHS = range(14, 20)


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for run in _DIGITS.finditer(text):
        if len(run[0]) >= _LENGTHS.start:
            yield from _cards_in(run)


def _cards_in(run: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Numbers may stand one after another: a card begins and ends where a group of digits does."""
    groups = re.findall(r"\d+", run[0])
    starts = list(accumulate((len(group) + 1 for group in groups), initial=run.start()))
    first = 0
    while first < len(groups):
        for last in range(min(len(groups), first + _LENGTHS.stop), first, -1):
            if is_card("".join(groups[first:last])):
                yield starts[first], starts[last] - 1
                first = last - 1
                break
        first += 1


def is_card(digits: str) -> bool:
    """Whether these digits can be those of a payment card."""
    return len(digits) in _LENGTHS and _FIRST.match(digits) is not None and _luhn(digits)


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


# One or two of these stand between the parts of a number.
_GAP = r"[ \u00a0./()\u2013-]{0,2}"
_WORDS = "tel|telephone|phone|mobile|cell|fax|whatsapp|call"
_PHONES = (
    # +49 171 2345678, 0049 (0)171/2345678
    re.compile(rf"(?<![\w+.,])(?:\+|00){_GAP}[1-9](?:{_GAP}\d){{7,14}}(?!\w|[.,]\d)"),
    # 0171 2345678, (030) 123 45 67
    re.compile(rf"(?<![\w.,:/+-])\(?0\d{{1,5}}[ )/\u2013-]{_GAP}\d(?:{_GAP}\d){{3,9}}(?!\w)"),
    # (555) 234-5678, 1-555-234-5678
    re.compile(r"(?<![\w.,:/+-])(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w.,-]?\d)(?!\w)"),
    # tel. 2345678
    re.compile(rf"(?i:\b(?:{_WORDS})\b[.:# ]{{1,3}})(\(?\d(?:{_GAP}\d){{5,14}})(?!\w)"),
)
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?!\d)|\d{4}-\d{2}-\d{2}(?!\d)")


def _phones(text: str) -> Iterator[tuple[int, int]]:
    """Where several shapes fit, all of what they cover."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(_shapes(text)):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    yield from found


def _shapes(text: str) -> Iterator[tuple[int, int]]:
    for shape in _PHONES:
        for match in shape.finditer(text):
            start, stop = match.span(shape.groups)
            if not _DATE.match(text, start) and sum(map(str.isdigit, text[start:stop])) >= 6:
                yield start, stop


_FINDERS: dict[Personal, Callable[[str], Iterator[tuple[int, int]]]] = {
    Personal.EMAIL: _emails,
    Personal.CARD: _cards,
    Personal.PHONE: _phones,
}
