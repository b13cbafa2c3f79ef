"""Where the demo's visitors are and what they browse with. No Django here."""

from dataclasses import dataclass

from config.demo.draws import Weighted


@dataclass(frozen=True, slots=True)
class Place:
    zone: str
    locale: str


@dataclass(frozen=True, slots=True)
class Agent:
    """A browser as its User-Agent header names it, and the size of its screen in CSS pixels."""

    text: str
    width: int
    height: int


PLACES = Weighted.of(
    [
        (Place("America/New_York", "en-US"), 17),
        (Place("America/Chicago", "en-US"), 8),
        (Place("America/Denver", "en-US"), 3),
        (Place("America/Los_Angeles", "en-US"), 11),
        (Place("Europe/London", "en-GB"), 11),
        (Place("Europe/Berlin", "de-DE"), 12),
        (Place("Europe/Paris", "fr-FR"), 6),
        (Place("Europe/Amsterdam", "nl-NL"), 4),
        (Place("Europe/Madrid", "es-ES"), 3),
        (Place("Europe/Zurich", "de-CH"), 2),
        (Place("Europe/Vienna", "de-AT"), 2),
        (Place("Europe/Warsaw", "pl-PL"), 2),
        (Place("Europe/Stockholm", "sv-SE"), 2),
        (Place("America/Toronto", "en-CA"), 4),
        (Place("America/Sao_Paulo", "pt-BR"), 3),
        (Place("Asia/Kolkata", "en-IN"), 5),
        (Place("Asia/Tokyo", "ja-JP"), 2),
        (Place("Asia/Singapore", "en-SG"), 1),
        (Place("Australia/Sydney", "en-AU"), 2),
    ]
)

_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/"
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"
_CHROME = "537.36 (KHTML, like Gecko) Chrome/"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
_ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "

WORK_AGENTS = Weighted.of(
    [
        (Agent(f"{_WINDOWS}154.0.0.0 Safari/537.36", 1920, 1080), 26),
        (Agent(f"{_WINDOWS}153.0.0.0 Safari/537.36", 1536, 864), 8),
        (Agent(f"{_WINDOWS}153.0.0.0 Safari/537.36 Edg/153.0.0.0", 1920, 1080), 15),
        (Agent(f"{_MAC}{_CHROME}154.0.0.0 Safari/537.36", 1728, 1117), 22),
        (Agent(f"{_MAC}605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", 1512, 982), 12),
        (
            Agent(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:157.0) Gecko/20100101 Firefox/157.0",
                1920,
                1080,
            ),
            6,
        ),
        (Agent("Mozilla/5.0 (X11; Linux x86_64; rv:157.0) Gecko/20100101 Firefox/157.0", 2560, 1440), 3),
        (Agent(f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/{_CHROME}154.0.0.0 Safari/537.36", 1920, 1080), 3),
    ]
)
MOBILE_AGENTS = Weighted.of(
    [
        (Agent(f"{_IPHONE}Version/26.1 Mobile/15E148 Safari/604.1", 393, 852), 42),
        (Agent(f"{_IPHONE}CriOS/154.0.7680.31 Mobile/15E148 Safari/604.1", 402, 874), 7),
        (Agent(f"{_ANDROID}Chrome/154.0.0.0 Mobile Safari/537.36", 412, 915), 34),
        (Agent(f"{_ANDROID}SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", 384, 832), 8),
        (
            Agent(
                "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                "Version/26.1 Mobile/15E148 Safari/604.1",
                1024,
                1366,
            ),
            9,
        ),
    ]
)
# Crawlers that run scripts, so that their calls arrive and the drop ledger has something to show.
BOT_AGENTS = Weighted.of(
    [
        (
            Agent(
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; "
                "+http://www.google.com/bot.html) Chrome/154.0.0.0 Safari/537.36",
                1024,
                1024,
            ),
            5,
        ),
        (
            Agent(
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; "
                "+https://openai.com/gptbot)",
                1024,
                1024,
            ),
            3,
        ),
        (
            Agent(
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; "
                "+http://www.bing.com/bingbot.htm) Chrome/136.0.0.0 Safari/537.36",
                1024,
                1024,
            ),
            2,
        ),
    ]
)

# How busy each local hour is, from midnight on: at work, and in free time.
WORK_HOURS = Weighted.of(
    list(enumerate([1, 1, 0, 0, 0, 1, 3, 10, 34, 62, 70, 60, 40, 54, 68, 64, 50, 28, 12, 8, 7, 6, 4, 2]))
)
WEB_HOURS = Weighted.of(
    list(enumerate([6, 4, 2, 2, 2, 4, 9, 20, 40, 56, 60, 56, 48, 52, 56, 54, 48, 38, 30, 28, 30, 28, 20, 12]))
)
# How busy each weekday is, Monday first.
WEEKDAYS = (1.0, 1.08, 1.1, 1.04, 0.86, 0.34, 0.3)
