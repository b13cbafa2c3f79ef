"""Small files in the shapes that other tools export."""

import csv
import io
import json
import zipfile
from typing import Any

UMAMI_HEADER = (
    "website_id,session_id,visit_id,event_id,hostname,browser,os,device,screen,language,country,subdivision1,"
    "subdivision2,city,url_path,url_query,utm_source,utm_medium,utm_campaign,utm_content,utm_term,referrer_path,"
    "referrer_query,referrer_domain,page_title,event_type,event_name,tag,distinct_id,created_at"
)
_CHROME = {
    "session_id": "s1",
    "visit_id": "v1",
    "hostname": "shop.test",
    "browser": "chrome",
    "os": "Windows 10",
    "device": "laptop",
    "language": "de-DE",
    "country": "DE",
    "url_path": "/pricing",
}
_UMAMI_ROWS = [
    {
        **_CHROME,
        "event_id": "e1",
        "url_query": "utm_source=news",
        "utm_source": "news",
        "utm_medium": "mail",
        "utm_campaign": "May",
        "referrer_domain": "www.google.com",
        "referrer_path": "/search",
        "referrer_query": "q=x",
        "page_title": "Pricing, all plans",
        "event_type": "1",
        "created_at": "2026-05-01 10:00:00",
    },
    {
        **_CHROME,
        "event_id": "e2",
        "event_type": "2",
        "event_name": "Signed up",
        "tag": "beta",
        "distinct_id": "u7",
        "created_at": "2026-05-01 10:00:05",
    },
    {"session_id": "s2", "event_id": "e3", "event_type": "5", "created_at": "2026-05-01 11:00:00"},
]


def _umami() -> str:
    content = io.StringIO()
    writer = csv.DictWriter(content, UMAMI_HEADER.split(","), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_UMAMI_ROWS)
    return content.getvalue()


UMAMI = _umami()

PLAUSIBLE = {
    "imported_visitors_20260501_20260502.csv": (
        "date,visitors,pageviews,bounces,visits,visit_duration\n2026-05-01,10,25,3,12,600\n2026-05-02,8,9,7,8,100\n"
    ),
    "imported_pages_20260501_20260502.csv": (
        "date,hostname,page,visits,visitors,pageviews,total_scroll_depth,total_scroll_depth_visits\n"
        "2026-05-01,shop.test,/,12,10,20,500,9\n2026-05-01,shop.test,/pricing,4,4,5,,\n"
        "2026-05-02,shop.test,/,8,8,9,300,7\n"
    ),
    "imported_sources_20260501_20260502.csv": (
        "date,source,referrer,utm_source,utm_medium,utm_campaign,utm_content,utm_term,pageviews,visitors,visits,"
        "visit_duration,bounces\n2026-05-01,Google,google.com,,,,,,20,8,9,500,2\n"
        "not-a-day,Google,,,,,,,1,1,1,1,1\n"
    ),
}

MATOMO: list[dict[str, Any]] = [
    {
        "idSite": "1",
        "idVisit": "2199",
        "visitorId": "9f3c2a1b44d0e6aa",
        "userId": "u7",
        "visitIp": "203.0.0.0",
        "referrerType": "search",
        "referrerName": "Google",
        "referrerUrl": "https://www.google.com/search",
        "browserName": "Chrome Mobile",
        "operatingSystemName": "GNU/Linux",
        "deviceType": "Smartphone",
        "countryCode": "de",
        "languageCode": "de-de",
        "actionDetails": [
            {
                "type": "action",
                "url": "https://shop.test/pricing?plan=pro",
                "pageTitle": "Pricing",
                "pageIdAction": "160",
                "timestamp": 1777629600,
            },
            {
                "type": "event",
                "url": "https://shop.test/pricing",
                "eventCategory": "Video",
                "eventAction": "Play",
                "eventName": "Intro",
                "eventValue": "3",
                "timestamp": 1777629605,
            },
            {"type": "outlink", "url": "https://elsewhere.test/", "timestamp": 1777629610},
            {"type": "content", "contentName": "Banner", "timestamp": 1777629611},
        ],
    },
    {"idSite": "1", "idVisit": "2200", "visitorId": False, "actionDetails": []},
]


def matomo() -> str:
    return json.dumps(MATOMO)


def plausible(**files: str) -> bytes:
    return packed(PLAUSIBLE | files)


def packed(files: dict[str, str]) -> bytes:
    """A zip of files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()
