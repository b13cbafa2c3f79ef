"""The simulated product: the same for a seed, and with the rhythms that its charts are to show."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.demo import traffic
from config.demo.places import BOT_AGENTS
from config.demo.simulation import generate

NOW = datetime(2026, 4, 15, 15, 30, tzinfo=UTC)
FIRST = date(2026, 2, 5)


@pytest.fixture(scope="module")
def received():
    return list(generate(seed=7, events=40_000, now=NOW))


@pytest.fixture(scope="module")
def calls(received):
    return [call for _, call in received]


def day_of(moment: datetime) -> int:
    return (moment.date() - FIRST).days


def people_who(calls, event: str) -> set[str]:
    return {call["userId"] for call in calls if call.get("event") == event and "userId" in call}


def landings(calls, source: str) -> Counter[str]:
    """Views that carry a campaign of this source, by UTC day."""
    return Counter(
        call["timestamp"][:10] for call in calls if call["context"].get("campaign", {}).get("source") == source
    )


def test_the_same_seed_makes_the_same_calls():
    first, second = (list(generate(seed=3, events=1_000, now=NOW)) for _ in range(2))
    assert first == second
    assert len({call["messageId"] for _, call in first}) == len(first)


def test_another_seed_makes_others():
    first, second = (list(generate(seed=seed, events=1_000, now=NOW)) for seed in (3, 4))
    assert [call["timestamp"] for _, call in first] != [call["timestamp"] for _, call in second]


def test_the_size_is_about_what_was_asked_for(received):
    assert 36_000 < len(received) < 44_000


def test_calls_come_in_the_order_of_time_and_end_before_now(received):
    times = [moment for moment, _ in received]
    assert times == sorted(times)
    assert NOW - timedelta(hours=3) < times[-1] < NOW + timedelta(seconds=1)
    assert FIRST - timedelta(days=1) <= times[0].date() <= FIRST + timedelta(days=1)


def test_working_days_are_busier_than_weekends(received):
    by_weekday = Counter(moment.weekday() for moment, _ in received)
    working, weekend = [by_weekday[day] for day in range(5)], [by_weekday[day] for day in (5, 6)]
    assert min(working) > 1.8 * max(weekend) > 0


def test_people_work_by_day_in_their_own_zone(received):
    hours = Counter(
        moment.astimezone(ZoneInfo(call["context"]["timezone"])).hour
        for moment, call in received
        if "timezone" in call["context"]
    )
    assert sum(hours[hour] for hour in range(9, 17)) > 8 * sum(hours[hour] for hour in range(6)) > 0


def test_the_paid_campaign_runs_for_its_ten_days(received):
    days = {
        day_of(moment) for moment, call in received if call["context"].get("campaign", {}).get("medium") == "cpc"
    }
    # A visitor's local day may begin on the UTC day before and end on the one after.
    assert set(traffic.CAMPAIGN_DAYS) <= days <= set(range(32, 44))


def test_the_newsletter_is_read_on_tuesdays(calls):
    by_day = landings(calls, "newsletter")
    by_weekday = Counter[int]()
    for day, count in by_day.items():
        by_weekday[date.fromisoformat(day).weekday()] += count
    assert by_weekday.most_common(1)[0][0] == traffic.TUESDAY
    assert by_weekday[traffic.TUESDAY] > 0.5 * by_weekday.total()


def test_every_kind_of_source_is_there(calls):
    referrers = {call["context"]["page"]["referrer"] for call in calls if "page" in call["context"]}
    wanted = (traffic.DIRECT, traffic.GOOGLE, traffic.LINKEDIN, traffic.CHATGPT, traffic.G2, traffic.NEWS)
    assert {source.referrer for source in wanted} <= referrers
    assert landings(calls, "linkedin").total() > 0


def test_each_step_of_activation_is_taken_by_fewer_people(calls):
    steps = [people_who(calls, event) for event in ("signup", "create_project", "invite_teammate", "upgrade")]
    signups = steps[0]
    sizes = [len(step & signups) for step in steps]
    assert sizes[0] > sizes[1] > sizes[2] > sizes[3] > 0
    visitors = {call.get("anonymousId") for call in calls}
    assert sizes[0] < 0.1 * len(visitors)


def test_fewer_come_back_the_longer_ago_they_signed_up(received):
    joined: dict[str, int] = {}
    active: dict[str, set[int]] = {}
    for moment, call in received:
        user = call.get("userId", "")
        active.setdefault(user, set()).add(day_of(moment))
        joined |= {user: day_of(moment)} if call.get("event") == "signup" else {}
    cohort = {user: active[user] for user, day in joined.items() if day <= 40}
    weeks = [
        sum(
            any(joined[user] + 7 * week < day <= joined[user] + 7 * week + 7 for day in days)
            for user, days in cohort.items()
        )
        for week in (0, 1, 3)
    ]
    assert len(cohort) > weeks[0] > weeks[1] > weeks[2] > 0


def test_sharing_begins_with_its_release_and_is_taken_up_gradually(received):
    weeks = Counter(
        (day_of(moment) - traffic.SHARING_DAY) // 7
        for moment, call in received
        if call.get("event") == "report_shared"
    )
    assert min(weeks) >= 0
    assert 0 < weeks[0] < weeks[1] < weeks[3]


def test_the_fast_release_halves_load_times(received):
    times: dict[bool, list[int]] = {True: [], False: []}
    for moment, call in received:
        times[day_of(moment) > traffic.FAST_DAY] += [
            value for name, value in call.get("properties", {}).items() if name == "load_ms"
        ]
    assert sum(times[True]) / len(times[True]) < 0.6 * sum(times[False]) / len(times[False])


def test_the_fast_release_lets_more_of_those_who_open_the_form_sign_up(received):
    opened, done = Counter[bool](), Counter[bool]()
    for moment, call in received:
        after = day_of(moment) > traffic.FAST_DAY
        opened[after] += call["context"].get("page", {}).get("path") == "/signup" and call["type"] == "page"
        done[after] += call.get("event") == "signup"
    assert done[True] / opened[True] > 1.3 * done[False] / opened[False] > 0


def test_upgrades_carry_revenue(calls):
    upgrades = [call["properties"] for call in calls if call.get("event") == "upgrade"]
    assert upgrades
    assert all(upgrade["revenue"] > 0 and upgrade["currency"] == "USD" for upgrade in upgrades)


def test_every_type_of_call_is_natural_here(calls):
    assert {call["type"] for call in calls} == {"page", "track", "identify", "group", "alias"}
    # Some people log in on a second device.
    devices: dict[str, set[str]] = {}
    for call in calls:
        devices.setdefault(call.get("userId", ""), set()).add(call.get("anonymousId", ""))
    devices.pop("")
    assert any(len(found) > 1 for found in devices.values())


def test_some_crawlers_come(calls):
    bots = {agent.text for agent in BOT_AGENTS.values}
    assert 0 < sum(call["context"].get("userAgent") in bots for call in calls) < 0.05 * len(calls)
