"""Where visitors come from, as data: one row a source, read by `sources.py`.

`hosts` match themselves and their subdomains; `google.*` matches any country's domain. `tags` are further values
of utm_source that mean the source. Media decide the channel of a tagged visit before its source does.
"""

from typing import NamedTuple

DIRECT = "Direct"
SEARCH = "Search"
SOCIAL = "Social"
EMAIL = "Email"
PAID = "Paid"
REFERRAL = "Referral"
AI_ASSISTANT = "AI assistant"

CHANNELS = (SEARCH, SOCIAL, EMAIL, PAID, REFERRAL, AI_ASSISTANT, DIRECT)


class Source(NamedTuple):
    name: str
    channel: str
    hosts: tuple[str, ...]
    tags: tuple[str, ...] = ()


SOURCES = (
    Source("Google", SEARCH, ("google.*", "com.google.android.googlequicksearchbox"), ("adwords", "googleads")),
    Source("Bing", SEARCH, ("bing.com",), ("bingads", "microsoftads")),
    Source("DuckDuckGo", SEARCH, ("duckduckgo.com", "com.duckduckgo.mobile.android"), ("ddg",)),
    Source("Yahoo", SEARCH, ("yahoo.*", "yahoo.co.jp")),
    Source("Yandex", SEARCH, ("yandex.*", "ya.ru")),
    Source("Baidu", SEARCH, ("baidu.com",)),
    Source("Ecosia", SEARCH, ("ecosia.org",)),
    Source("Brave Search", SEARCH, ("search.brave.com",), ("brave",)),
    Source("Startpage", SEARCH, ("startpage.com", "ixquick.com")),
    Source("Qwant", SEARCH, ("qwant.com",)),
    Source("Kagi", SEARCH, ("kagi.com",)),
    Source("Naver", SEARCH, ("search.naver.com", "naver.com")),
    Source("Seznam", SEARCH, ("seznam.cz",)),
    Source("Sogou", SEARCH, ("sogou.com",)),
    Source("Ask", SEARCH, ("ask.com",)),
    Source("AOL", SEARCH, ("search.aol.com", "aol.com")),
    Source("Facebook", SOCIAL, ("facebook.com", "fb.com", "fb.me", "com.facebook.katana"), ("fb",)),
    Source("Instagram", SOCIAL, ("instagram.com", "com.instagram.android"), ("ig",)),
    Source("X", SOCIAL, ("x.com", "twitter.com", "t.co"), ("twitter",)),
    Source("LinkedIn", SOCIAL, ("linkedin.com", "lnkd.in", "com.linkedin.android")),
    Source("Reddit", SOCIAL, ("reddit.com", "redd.it", "com.reddit.frontpage")),
    Source("YouTube", SOCIAL, ("youtube.com", "youtu.be"), ("yt",)),
    Source("TikTok", SOCIAL, ("tiktok.com",)),
    Source("Pinterest", SOCIAL, ("pinterest.*", "pin.it")),
    Source("Hacker News", SOCIAL, ("news.ycombinator.com",), ("hn", "hackernews")),
    Source("Mastodon", SOCIAL, ("mastodon.social", "mastodon.online", "fosstodon.org", "hachyderm.io")),
    Source("Bluesky", SOCIAL, ("bsky.app", "go.bsky.app")),
    Source("Threads", SOCIAL, ("threads.net", "threads.com")),
    Source("Stack Overflow", SOCIAL, ("stackoverflow.com", "stackexchange.com")),
    Source("Quora", SOCIAL, ("quora.com",)),
    Source("VK", SOCIAL, ("vk.com",)),
    Source("WhatsApp", SOCIAL, ("whatsapp.com", "wa.me")),
    Source("Telegram", SOCIAL, ("telegram.org", "t.me", "org.telegram.messenger")),
    Source("Discord", SOCIAL, ("discord.com", "discordapp.com")),
    Source("Slack", SOCIAL, ("slack.com", "com.slack")),
    Source("Lobsters", SOCIAL, ("lobste.rs",)),
    Source("Product Hunt", SOCIAL, ("producthunt.com",), ("producthunt",)),
    Source("Gmail", EMAIL, ("mail.google.com", "com.google.android.gm")),
    Source("Outlook", EMAIL, ("outlook.live.com", "outlook.office.com", "outlook.office365.com", "mail.live.com")),
    Source("Yahoo Mail", EMAIL, ("mail.yahoo.com", "mail.yahoo.*")),
    Source("Proton Mail", EMAIL, ("mail.proton.me",)),
    Source("Fastmail", EMAIL, ("fastmail.com",)),
    Source("Newsletter", EMAIL, (), ("newsletter", "mailing", "mailchimp", "email", "e-mail")),
    Source("ChatGPT", AI_ASSISTANT, ("chatgpt.com", "chat.openai.com"), ("openai",)),
    Source("Claude", AI_ASSISTANT, ("claude.ai",)),
    Source("Perplexity", AI_ASSISTANT, ("perplexity.ai",)),
    Source("Gemini", AI_ASSISTANT, ("gemini.google.com", "bard.google.com")),
    Source("Copilot", AI_ASSISTANT, ("copilot.microsoft.com", "copilot.cloud.microsoft")),
    Source("DeepSeek", AI_ASSISTANT, ("chat.deepseek.com", "deepseek.com")),
    Source("Mistral", AI_ASSISTANT, ("chat.mistral.ai",)),
    Source("Grok", AI_ASSISTANT, ("grok.com",)),
    Source("Meta AI", AI_ASSISTANT, ("meta.ai",)),
    Source("Phind", AI_ASSISTANT, ("phind.com",)),
    Source("You.com", AI_ASSISTANT, ("you.com",)),
    Source("GitHub", REFERRAL, ("github.com",)),
    Source("Wikipedia", REFERRAL, ("wikipedia.org",)),
)

# utm_medium, in lower case, → channel.
MEDIA = {
    **dict.fromkeys(
        ("cpc", "ppc", "cpm", "cpv", "cpa", "paid", "ads", "ad", "display", "banner", "retargeting", "sem",
         "paid-search", "paid_search", "paidsearch", "paid-social", "paid_social", "paidsocial", "sponsored",
         "affiliate"),
        PAID,
    ),
    **dict.fromkeys(("email", "e-mail", "mail", "newsletter"), EMAIL),
    **dict.fromkeys(("social", "social-network", "social-media", "social_media", "sm"), SOCIAL),
    **dict.fromkeys(("organic", "search", "seo"), SEARCH),
    **dict.fromkeys(("referral", "link", "partner"), REFERRAL),
    **dict.fromkeys(("ai", "ai-assistant", "llm", "chatbot"), AI_ASSISTANT),
}  # fmt: skip

# Query parameters that only a paid click carries. (fbclid is on every link out of Facebook.)
CLICK_IDS = ("gclid", "gbraid", "wbraid", "msclkid", "ttclid", "li_fat_id", "twclid")
