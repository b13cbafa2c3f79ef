import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingestion.enrichment import addresses, sources, table, user_agents
from analytics.ingestion.enrichment.countries import country


def classify(referrer: str = "", *, source: str = "", medium: str = "", page: str = "", query: str = ""):
    return sources.classify(
        utm_source=source,
        utm_medium=medium,
        click=sources.click_of(addresses.query(query)),
        referrer_host=addresses.parse(referrer).host,
        page_host=page,
    )


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("", ("Direct", "Direct")),
        ("https://www.google.se/", ("Google", "Search")),
        ("https://www.google.co.uk/search?q=x", ("Google", "Search")),
        ("https://mail.google.com/mail/u/0/", ("Gmail", "Email")),
        ("https://gemini.google.com/", ("Gemini", "AI assistant")),
        ("https://google.evil-domain.test/", ("google.evil-domain.test", "Referral")),
        ("https://notgoogle.com/", ("notgoogle.com", "Referral")),
        ("https://t.co/abc", ("X", "Social")),
        ("https://old.reddit.com/r/x", ("Reddit", "Social")),
        ("https://chatgpt.com/", ("ChatGPT", "AI assistant")),
        ("https://claude.ai/chat/1", ("Claude", "AI assistant")),
        ("https://www.perplexity.ai/", ("Perplexity", "AI assistant")),
        ("https://copilot.microsoft.com/", ("Copilot", "AI assistant")),
        ("https://edgeservices.bing.com/edgesvc/chat", ("Copilot", "AI assistant")),
        ("https://notebooklm.google.com/", ("NotebookLM", "AI assistant")),
        ("https://chat.deepseek.com/", ("DeepSeek", "AI assistant")),
        ("android-app://com.openai.chatgpt", ("ChatGPT", "AI assistant")),
        ("https://accounts.google.com/o/oauth2/auth", ("Google login", "Referral")),
        ("https://accounts.google.co.uk/", ("Google login", "Referral")),
        ("https://docs.google.com/document/d/1", ("Google Workspace", "Referral")),
        ("https://mail.yandex.ru/", ("Yandex Mail", "Email")),
        ("https://yandex.ru/search", ("Yandex", "Search")),
        ("https://mp.weixin.qq.com/s/1", ("WeChat", "Social")),
        ("https://l.facebook.com/l.php", ("Facebook", "Social")),
        ("https://www.icloud.com/mail", ("iCloud Mail", "Email")),
        ("https://www.example.org/page", ("example.org", "Referral")),
        ("android-app://com.google.android.gm", ("Gmail", "Email")),
        ("http://[broken", ("Direct", "Direct")),
        ("not an address", ("Direct", "Direct")),
    ],
)
def test_a_referrer_has_a_source_and_a_channel(referrer, expected) -> None:
    assert classify(referrer) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"source": "google"}, ("Google", "Search")),
        ({"source": "Google", "medium": "CPC"}, ("Google", "Paid")),
        ({"source": "t.co"}, ("X", "Social")),
        ({"source": "spring-mail", "medium": "email"}, ("spring-mail", "Email")),
        ({"source": "newsletter"}, ("Newsletter", "Email")),
        ({"source": "somewhere"}, ("somewhere", "Referral")),
        ({"medium": "social"}, ("Direct", "Social")),
        ({"query": "?gclid=1"}, ("Direct", "Paid")),
        ({"query": "?ScCid=1"}, ("Direct", "Paid")),
        ({"query": "?mc_cid=1&gad_source=5"}, ("Direct", "Paid")),
        ({"query": "?mc_cid=1"}, ("Direct", "Email")),
        ({"source": "partner", "query": "?_hsenc=1"}, ("partner", "Email")),
        ({"source": "x", "medium": "social", "query": "?mc_eid=1"}, ("X", "Social")),
        ({"query": "?fbclid=1"}, ("Direct", "Direct")),
        ({"source": "chatgpt.com"}, ("ChatGPT", "AI assistant")),
        ({"source": "Mailchimp"}, ("Mailchimp", "Email")),
        ({"source": "x", "medium": "Paid Social"}, ("X", "Paid")),
        ({"source": "x", "medium": "organic_social"}, ("X", "Social")),
        ({"source": "google", "medium": "organic-search"}, ("Google", "Search")),
    ],
)
def test_campaign_tags_come_before_the_referrer(tags, expected) -> None:
    assert classify(**tags) == expected
    assert (
        classify("https://www.bing.com/", **{"source": "x", **tags})[1] == classify(**{"source": "x", **tags})[1]
    )


def test_a_page_does_not_refer_to_itself() -> None:
    assert classify("https://www.shop.test/a", page="shop.test") == ("Direct", "Direct")


def test_every_row_of_the_table_is_reached() -> None:
    for row in table.SOURCES:
        for host in row.hosts:
            found = sources.of_host(host.replace(".*", ".com"))
            assert found is not None
            assert found.channel == row.channel
    assert {row.channel for row in table.SOURCES} | set(table.MEDIA.values()) | {table.DIRECT} == set(
        table.CHANNELS
    )


@pytest.mark.parametrize(
    ("agent", "browser", "os", "device"),
    [
        (
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
            "Safari/537.36 Edg/120.0"),
            "Edge", "Windows", "Desktop",
        ),
        (
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.0 Safari/605.1.15"),
            "Safari", "macOS", "Desktop",
        ),
        (
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.0 Mobile/15E148 Safari/604.1"),
            "Safari", "iOS", "Mobile",
        ),
        (
            ("Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 "
            "Mobile/15E148 Safari/604.1"),
            "Safari", "iOS", "Tablet",
        ),
        (
            ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
            "Mobile Safari/537.36"),
            "Chrome", "Android", "Mobile",
        ),
        (
            ("Mozilla/5.0 (Linux; Android 13; SM-X906) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
            "Safari/537.36"),
            "Chrome", "Android", "Tablet",
        ),
        ("Something else/1.0", "", "", "Other"),
        ("", "", "", ""),
    ],
)  # fmt: skip
def test_a_user_agent_says_what_it_is(agent, browser, os, device) -> None:
    found = user_agents.parse(agent)

    assert (found.browser, found.os, found.device, found.is_bot) == (browser, os, device, False)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "curl/8.5.0",
        "python-requests/2.32",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/124.0 Safari/537.36",
        "GPTBot/1.1",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
        "UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/",
    ],
)
def test_a_bot_says_so(agent) -> None:
    assert user_agents.parse(agent).is_bot


@pytest.mark.parametrize(
    ("header", "located", "zone", "code"),
    [
        ("ch", "SE", "Europe/Berlin", "CH"),
        ("XX", "SE", "Europe/Berlin", "SE"),
        ("XX", "ZZ", "Europe/Berlin", "DE"),
        ("T1", "", "", ""),
        ("", "", "Asia/Calcutta", "IN"),
        ("", "", "US/Pacific", "US"),
        ("", "", "America/Argentina/Ushuaia", "AR"),
        ("", "", "UTC", ""),
        ("", "", "Mars/Olympus", ""),
    ],
)
def test_the_country_is_the_header_s_or_the_address_s_or_the_time_zone_s(header, located, zone, code) -> None:
    assert country(header=header, located=located, time_zone=zone) == code


@given(st.text())
def test_no_address_is_too_strange(text) -> None:
    assert isinstance(addresses.parse(text), addresses.Address)
    assert isinstance(addresses.query(text), dict)
    assert user_agents.parse(text).device in {"", "Desktop", "Mobile", "Tablet", "Other"}
