"""The pages of the demo's website and product, and how people wander between them. No Django here."""

from config.demo.draws import Weighted

TITLES = {
    "/": "Quillboard · Reports your whole company reads",
    "/pricing": "Pricing · Quillboard",
    "/product/dashboards": "Dashboards · Quillboard",
    "/product/reports": "Reports · Quillboard",
    "/integrations": "Integrations · Quillboard",
    "/customers": "Customers · Quillboard",
    "/compare/spreadsheets": "Quillboard or a spreadsheet? · Quillboard",
    "/lp/board-reports": "Board reports in an afternoon · Quillboard",
    "/about": "About us · Quillboard",
    "/demo": "Book a demo · Quillboard",
    "/signup": "Sign up · Quillboard",
    "/blog": "Blog · Quillboard",
    "/blog/metrics-that-matter": "Twelve metrics that matter, and thirty that do not · Quillboard Blog",
    "/blog/weekly-review": "How to run a weekly review in twenty minutes · Quillboard Blog",
    "/blog/board-reporting": "What boards want to read · Quillboard Blog",
    "/blog/sql-or-not": "You may not need SQL · Quillboard Blog",
    "/login": "Log in · Quillboard",
    "/home": "Home · Quillboard",
    "/projects": "Projects · Quillboard",
    "/projects/new": "New project · Quillboard",
    "/dashboards": "Dashboards · Quillboard",
    "/reports": "Reports · Quillboard",
    "/reports/editor": "Report editor · Quillboard",
    "/settings/team": "Team · Quillboard",
    "/settings/billing": "Billing · Quillboard",
    "/invitation": "You are invited · Quillboard",
}

WEBSITE = Weighted.of(
    [
        ("/", 14),
        ("/pricing", 20),
        ("/product/dashboards", 16),
        ("/product/reports", 14),
        ("/integrations", 9),
        ("/customers", 8),
        ("/compare/spreadsheets", 5),
        ("/about", 4),
        ("/blog", 5),
        ("/blog/metrics-that-matter", 2),
        ("/blog/weekly-review", 2),
    ]
)
PRODUCT = Weighted.of(
    [
        ("/dashboards", 32),
        ("/reports", 28),
        ("/projects", 18),
        ("/reports/editor", 14),
        ("/home", 6),
        ("/settings/team", 3),
        ("/settings/billing", 1),
    ]
)
TEMPLATES = Weighted.of([("blank", 4), ("board", 3), ("marketing", 2), ("finance", 2), ("support", 1)])
EXPORTS = Weighted.of([("pdf", 5), ("csv", 3), ("png", 2)])
ROLES = Weighted.of([("member", 7), ("viewer", 4), ("admin", 1)])
INDUSTRIES = Weighted.of([("software", 8), ("retail", 4), ("agency", 4), ("finance", 3), ("health", 2)])
# A plan's price for a seat and month, in US dollars, and how often it is chosen.
PRICES = {"team": 12.0, "business": 24.0, "scale": 39.0}
PLANS = Weighted.of([("team", 60), ("business", 32), ("scale", 8)])
