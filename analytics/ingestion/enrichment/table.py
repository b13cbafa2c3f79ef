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
    Source("Mojeek", SEARCH, ("mojeek.com",)),
    Source("Swisscows", SEARCH, ("swisscows.com",)),
    Source("MetaGer", SEARCH, ("metager.org", "metager.de")),
    Source("Daum", SEARCH, ("search.daum.net", "daum.net")),
    Source("360 Search", SEARCH, ("so.com",)),
    Source("Shenma", SEARCH, ("sm.cn",)),
    Source("Rambler", SEARCH, ("rambler.ru",)),
    Source("Cốc Cốc", SEARCH, ("coccoc.com",)),
    Source("Facebook", SOCIAL, ("facebook.com", "fb.com", "fb.me", "com.facebook.katana"), ("fb",)),
    Source("Instagram", SOCIAL, ("instagram.com", "com.instagram.android"), ("ig",)),
    Source("X", SOCIAL, ("x.com", "twitter.com", "t.co", "com.twitter.android"), ("twitter",)),
    Source("LinkedIn", SOCIAL, ("linkedin.com", "lnkd.in", "com.linkedin.android")),
    Source("Reddit", SOCIAL, ("reddit.com", "redd.it", "com.reddit.frontpage")),
    Source("YouTube", SOCIAL, ("youtube.com", "youtu.be"), ("yt",)),
    Source("TikTok", SOCIAL, ("tiktok.com",)),
    Source("Pinterest", SOCIAL, ("pinterest.*", "pin.it")),
    Source("Hacker News", SOCIAL, ("news.ycombinator.com",), ("hn", "hackernews")),
    Source("Mastodon", SOCIAL, ("mastodon.social", "mastodon.online", "mstdn.social", "mas.to", "fosstodon.org",
        "hachyderm.io", "infosec.exchange", "chaos.social", "techhub.social")),
    Source("Bluesky", SOCIAL, ("bsky.app", "go.bsky.app")),
    Source("Threads", SOCIAL, ("threads.net", "threads.com", "com.instagram.barcelona")),
    Source("Stack Overflow", SOCIAL, ("stackoverflow.com", "stackexchange.com")),
    Source("Quora", SOCIAL, ("quora.com",)),
    Source("VK", SOCIAL, ("vk.com",)),
    Source("WhatsApp", SOCIAL, ("whatsapp.com", "wa.me")),
    Source("Telegram", SOCIAL, ("telegram.org", "t.me", "org.telegram.messenger")),
    Source("Discord", SOCIAL, ("discord.com", "discordapp.com")),
    Source("Slack", SOCIAL, ("slack.com", "com.slack")),
    Source("Lobsters", SOCIAL, ("lobste.rs",)),
    Source("Messenger", SOCIAL, ("messenger.com", "m.me", "com.facebook.orca")),
    Source("Snapchat", SOCIAL, ("snapchat.com", "com.snapchat.android")),
    Source("Twitch", SOCIAL, ("twitch.tv",)),
    Source("Tumblr", SOCIAL, ("tumblr.com",)),
    Source("Medium", SOCIAL, ("medium.com", "com.medium.reader")),
    Source("DEV", SOCIAL, ("dev.to",)),
    Source("Lemmy", SOCIAL, ("lemmy.world", "lemmy.ml")),
    Source("XING", SOCIAL, ("xing.com",)),
    Source("Nextdoor", SOCIAL, ("nextdoor.com",)),
    Source("Flipboard", SOCIAL, ("flipboard.com", "flipboard.app")),
    Source("Microsoft Teams", SOCIAL, ("teams.microsoft.com", "teams.live.com", "teams.cloud.microsoft")),
    Source("LINE", SOCIAL, ("line.me", "jp.naver.line.android")),
    Source("Weibo", SOCIAL, ("weibo.com", "weibo.cn", "t.cn")),
    Source("WeChat", SOCIAL, ("weixin.qq.com", "wx.qq.com", "wechat.com", "com.tencent.mm")),
    Source("Zhihu", SOCIAL, ("zhihu.com",)),
    Source("Xiaohongshu", SOCIAL, ("xiaohongshu.com", "xhslink.com"), ("rednote",)),
    Source("Bilibili", SOCIAL, ("bilibili.com", "b23.tv")),
    Source("KakaoTalk", SOCIAL, ("kakao.com", "com.kakao.talk")),
    Source("OK.ru", SOCIAL, ("ok.ru",)),
    Source("Product Hunt", SOCIAL, ("producthunt.com",), ("producthunt",)),
    Source("Gmail", EMAIL, ("mail.google.com", "com.google.android.gm")),
    Source("Outlook", EMAIL, ("outlook.live.com", "outlook.office.com", "outlook.office365.com",
        "outlook.cloud.microsoft", "mail.live.com", "com.microsoft.office.outlook")),
    Source("Yahoo Mail", EMAIL, ("mail.yahoo.com", "mail.yahoo.*", "com.yahoo.mobile.client.android.mail")),
    Source("Proton Mail", EMAIL, ("mail.proton.me", "ch.protonmail.android")),
    Source("Fastmail", EMAIL, ("fastmail.com",)),
    Source("iCloud Mail", EMAIL, ("icloud.com",)),
    Source("AOL Mail", EMAIL, ("mail.aol.com",)),
    Source("Zoho Mail", EMAIL, ("mail.zoho.*",)),
    Source("Yandex Mail", EMAIL, ("mail.yandex.*",)),
    Source("Mail.ru", EMAIL, ("e.mail.ru",)),
    Source("GMX", EMAIL, ("gmx.net", "gmx.com", "gmx.de")),
    Source("Tuta", EMAIL, ("app.tuta.com", "mail.tutanota.com")),
    Source("HEY", EMAIL, ("app.hey.com",)),
    Source("Mailchimp", EMAIL, ("list-manage.com", "campaign-archive.com", "mailchi.mp")),
    Source("Klaviyo", EMAIL, ("klaviyomail.com",)),
    Source("HubSpot e-mail", EMAIL, ("hubspotemail.net",), ("hs_email", "hs_automation")),
    Source("Brevo", EMAIL, ("sendibm1.com", "sendibm3.com"), ("sendinblue",)),
    Source("beehiiv", EMAIL, ("mail.beehiiv.com",)),
    Source("Kit", EMAIL, (), ("convertkit",)),
    Source("MailerLite", EMAIL, ("mailerlite.com",)),
    Source("Customer.io", EMAIL, (), ("customer.io",)),
    Source("Newsletter", EMAIL, (), ("newsletter", "mailing", "email", "e-mail")),
    Source("ChatGPT", AI_ASSISTANT, ("chatgpt.com", "chat.openai.com", "com.openai.chatgpt"), ("openai",)),
    Source("Claude", AI_ASSISTANT, ("claude.ai", "claude.com", "com.anthropic.claude"), ("anthropic",)),
    Source("Perplexity", AI_ASSISTANT, ("perplexity.ai", "ai.perplexity.app.android")),
    Source("Gemini", AI_ASSISTANT, ("gemini.google.com", "bard.google.com", "com.google.android.apps.bard")),
    Source("Copilot", AI_ASSISTANT, ("copilot.microsoft.com", "copilot.cloud.microsoft", "m365.cloud.microsoft",
        "edgeservices.bing.com", "com.microsoft.copilot")),
    Source("DeepSeek", AI_ASSISTANT, ("chat.deepseek.com", "deepseek.com", "com.deepseek.chat")),
    Source("Mistral", AI_ASSISTANT, ("chat.mistral.ai",)),
    Source("Grok", AI_ASSISTANT, ("grok.com", "ai.x.grok")),
    Source("Meta AI", AI_ASSISTANT, ("meta.ai",)),
    Source("Phind", AI_ASSISTANT, ("phind.com",)),
    Source("You.com", AI_ASSISTANT, ("you.com",)),
    Source("Duck.ai", AI_ASSISTANT, ("duck.ai",)),
    Source("NotebookLM", AI_ASSISTANT, ("notebooklm.google.com",)),
    Source("Google AI Studio", AI_ASSISTANT, ("aistudio.google.com",)),
    Source("Poe", AI_ASSISTANT, ("poe.com",)),
    Source("Qwen", AI_ASSISTANT, ("chat.qwen.ai", "qwen.ai", "tongyi.com")),
    Source("Kimi", AI_ASSISTANT, ("kimi.com", "kimi.moonshot.cn")),
    Source("Doubao", AI_ASSISTANT, ("doubao.com",)),
    Source("Yuanbao", AI_ASSISTANT, ("yuanbao.tencent.com",)),
    Source("Z.ai", AI_ASSISTANT, ("chat.z.ai",)),
    Source("Pi", AI_ASSISTANT, ("pi.ai",)),
    # Of Google's, but nobody searched: documents and what comes back from logging in.
    Source("Google Workspace", REFERRAL, ("docs.google.com", "drive.google.com", "sites.google.com",
        "meet.google.com", "calendar.google.com", "chat.google.com", "classroom.google.com", "groups.google.com")),
    Source("Google login", REFERRAL, ("accounts.google.com", "accounts.google.*")),
    Source("Google News", REFERRAL, ("news.google.com",)),
    Source("GitHub", REFERRAL, ("github.com",)),
    Source("Wikipedia", REFERRAL, ("wikipedia.org",)),
)  # fmt: skip

# utm_medium, in lower case and with - between its words, → channel.
MEDIA = {
    **dict.fromkeys(
        ("cpc", "ppc", "cpm", "cpv", "cpa", "cpl", "cpi", "paid", "ads", "ad", "display", "banner", "interstitial",
         "native", "programmatic", "retargeting", "remarketing", "sem", "paid-search", "paidsearch", "paid-social",
         "paidsocial", "paid-video", "paid-display", "sponsored", "affiliate", "affiliates"),
        PAID,
    ),
    **dict.fromkeys(("email", "e-mail", "mail", "newsletter", "edm"), EMAIL),
    **dict.fromkeys(("social", "social-network", "social-media", "socialmedia", "organic-social", "sm"), SOCIAL),
    **dict.fromkeys(("organic", "search", "organic-search", "seo"), SEARCH),
    **dict.fromkeys(("referral", "link", "partner"), REFERRAL),
    **dict.fromkeys(("ai", "ai-assistant", "llm", "chatbot"), AI_ASSISTANT),
}  # fmt: skip

# Query parameters that only a paid click carries. (fbclid is on every link out of Facebook.)
CLICK_IDS = (
    "gclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "dclid", "msclkid", "yclid", "ttclid", "twclid",
    "li_fat_id", "rdt_cid", "sccid", "qclid", "obclid", "dicbo", "tblci", "irclickid", "cjevent", "awc",
)  # fmt: skip

# Query parameters that only a link in a mailing carries.
EMAIL_IDS = ("mc_eid", "mc_cid", "_kx", "_hsenc", "_hsmi", "mkt_tok", "vero_id", "ck_subscriber_id", "oly_enc_id")
