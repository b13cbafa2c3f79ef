"""How visitors come to the demo's website: sources, campaigns, landing pages, and when each is strong.

Days count from the first day of the data. No Django here.
"""

import math
from dataclasses import dataclass

HOST = "https://www.quillboard.example"
APP_HOST = "https://app.quillboard.example"
DAYS = 70
# Release 4.8 adds sharing of reports; release 4.9 makes pages fast and the sign-up form short.
SHARING_DAY = 28
FAST_DAY = 49
CAMPAIGN_DAYS = range(33, 43)
NEWS_DAYS = {20: 1.0, 21: 0.45, 22: 0.15}
TUESDAY = 1


@dataclass(frozen=True, slots=True)
class Source:
    """One way of coming: the referrer, the campaign's parameters, where it lands, and how good its visitors are.

    `bounce` is the share that leaves after one page, `signup` the share of those who stay that sign up.
    """

    referrer: str
    landings: tuple[str, ...]
    visits: float
    bounce: float
    signup: float
    campaign: tuple[tuple[str, str], ...] = ()
    mobile: float = 0.25


def _utm(source: str, medium: str, name: str, content: str = "") -> tuple[tuple[str, str], ...]:
    fields = (("source", source), ("medium", medium), ("name", name), ("content", content))
    return tuple(field for field in fields if field[1])


_BLOG = ("/blog/metrics-that-matter", "/blog/weekly-review", "/blog/board-reporting", "/blog/sql-or-not")

# Visits are those of an ordinary Wednesday at the start of the data, at the default size.
DIRECT = Source("", ("/", "/", "/", "/pricing"), 88, 0.40, 0.085, mobile=0.18)
GOOGLE = Source("https://www.google.com/", ("/", *_BLOG, "/pricing"), 104, 0.52, 0.065)
BING = Source("https://www.bing.com/", ("/", *_BLOG[:2]), 14, 0.5, 0.06, mobile=0.06)
DUCKDUCKGO = Source("https://duckduckgo.com/", ("/", *_BLOG[1:]), 9, 0.5, 0.06)
LINKEDIN = Source("https://www.linkedin.com/", ("/customers", _BLOG[0], _BLOG[2]), 26, 0.58, 0.05, mobile=0.55)
LINKEDIN_POSTS = Source(
    "https://www.linkedin.com/", (_BLOG[2],), 12, 0.6, 0.04, _utm("linkedin", "social", "founder-posts"), 0.6
)
TWITTER = Source("https://t.co/", _BLOG, 10, 0.66, 0.02, mobile=0.7)
REDDIT = Source("https://www.reddit.com/", (_BLOG[3], "/compare/spreadsheets"), 11, 0.6, 0.03, mobile=0.5)
G2 = Source("https://www.g2.com/", ("/", "/pricing"), 10, 0.3, 0.14, mobile=0.05)
PARTNER = Source("https://opsweekly.example/", ("/integrations", "/"), 8, 0.42, 0.08)
CHATGPT = Source(
    "https://chatgpt.com/",
    ("/compare/spreadsheets", "/integrations", "/"),
    16,
    0.3,
    0.13,
    (("source", "chatgpt.com"),),
)
PERPLEXITY = Source("https://www.perplexity.ai/", ("/compare/spreadsheets", "/pricing"), 7, 0.3, 0.11)
CLAUDE = Source("https://claude.ai/", ("/integrations", "/compare/spreadsheets"), 7, 0.28, 0.12)
NEWSLETTER = Source("", _BLOG, 95, 0.36, 0.03, _utm("newsletter", "email", "weekly-digest", "top-story"), 0.38)
PAID = Source(
    "https://www.google.com/",
    ("/lp/board-reports",),
    120,
    0.62,
    0.045,
    _utm("google", "cpc", "autumn-launch", "headline-b"),
    0.4,
)
NEWS = Source("https://news.ycombinator.com/", (_BLOG[3],), 520, 0.78, 0.012, mobile=0.35)

_ASSISTANTS = (CHATGPT, PERPLEXITY, CLAUDE)
_EVERYDAY = (DIRECT, GOOGLE, BING, DUCKDUCKGO, LINKEDIN, LINKEDIN_POSTS, TWITTER, REDDIT, G2, PARTNER)


def visits(day: int, weekday: int, rhythm: float) -> list[tuple[Source, float]]:
    """The expected visits by source on a day; `rhythm` is how busy its weekday is."""
    growth = 1 + 0.3 * day / DAYS
    expected = [(source, source.visits * rhythm * growth) for source in _EVERYDAY]
    expected += [(source, source.visits * rhythm * math.exp(day / 55)) for source in _ASSISTANTS]
    expected.append((NEWSLETTER, NEWSLETTER.visits * _newsletter(weekday) * growth))
    expected.append((NEWS, NEWS.visits * NEWS_DAYS.get(day, 0.0)))
    # Advertisements run at weekends too, if with less to show for it.
    expected.append((PAID, PAID.visits * (0.5 + 0.5 * rhythm) if day in CAMPAIGN_DAYS else 0.0))
    return expected


def _newsletter(weekday: int) -> float:
    """Most open it on the day it is sent, some a day later."""
    return {TUESDAY: 1.0, TUESDAY + 1: 0.28, TUESDAY + 2: 0.08}.get(weekday, 0.015)


def version(day: int) -> str:
    """The product's release of a day."""
    if day >= FAST_DAY:
        return "4.9.0"
    return "4.8.0" if day >= SHARING_DAY else "4.7.2"
