"""Invoices as people get them: pages, PDF, API, e-mail; and what staff do in the admin."""

import io
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPException

import pypdfium2
import pytest
from django.contrib.auth.models import Permission
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts.access import SYSTEM
from accounts.billing import glyphs, pdf
from accounts.billing.glyphs import NO_GLYPH
from accounts.billing.queries.invoices import document_of
from accounts.billing.rating import Line, LineKind
from accounts.billing.services import invoice_mail, issuing
from accounts.models import AuditEntry, CreditNote, Invoice, Seller
from accounts.permissions import Role
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, tzinfo=UTC)
INVOICES = "/o/acme/settings/invoices/"


@pytest.fixture
def payer(organization, client):
    user = factories.MembershipFactory.create(
        organization=organization, role=Role.BILLING, user__email="billing@acme.test"
    ).user
    client.force_login(user)
    return user


@pytest.fixture
def invoice(organization) -> Invoice:
    Seller.objects.create(pk=1, name="Żółw & Co", address="1 Line Street\nŁódź", tax_rate=1_900, footer="IBAN 42")
    days = (date(2026, 12, 1), date(2026, 12, 31))
    lines = [
        Line(LineKind.BASE, "base:1", "Plan Growth <Large>", 1, "month", 9_900, *days),
        Line(LineKind.EVENTS, "events:1", "Events over the quota", 3, "100,000 events", 500, *days),
    ]
    return issuing.issue(organization=organization, currency="EUR", lines=lines, subscription_id=1, now=NOW)


def issue(organization) -> Invoice:
    line = Line(LineKind.BASE, "base:1", "Plan", 1, "month", 9_900, date(2026, 12, 1), date(2026, 12, 31))
    return issuing.issue(organization=organization, currency="EUR", lines=[line], subscription_id=1, now=NOW)


def text_of_pdf(content: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def text_of(client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_the_list_and_the_page_show_what_was_invoiced(client, payer, invoice):
    listed = text_of(client, INVOICES)
    page = text_of(client, f"{INVOICES}{invoice.pk}/")

    assert "INV-000001" in listed
    assert "€135.66" in listed
    for text in (
        "Żółw &amp; Co",
        "Plan Growth &lt;Large&gt;",
        "€5.00 / 100,000 events",
        "VAT 19 %",
        "€21.66",
        "IBAN 42",
    ):
        assert text in page
    assert "Acme" in page


def test_without_invoices_the_list_says_so(client, payer):
    assert "No invoice yet" in text_of(client, INVOICES)


def test_the_pdf_has_every_text_of_the_invoice(client, payer, invoice):
    answer = client.get(f"{INVOICES}{invoice.pk}/pdf/")

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="invoice-INV-000001.pdf"'
    text = text_of_pdf(answer.content)
    for part in (
        "Invoice INV-000001", "Żółw & Co", "Łódź", "Plan Growth <Large>", "€99.00 / month", "€15.00", "VAT 19 %",
        "€114.00", "€135.66", "1 December 2026", "15 December 2026", "IBAN 42", "Page 1",
    ):  # fmt: skip
        assert part in text


def test_a_long_invoice_has_several_pages(organization):
    days = (date(2026, 12, 1), date(2026, 12, 31))
    lines = [Line(LineKind.BASE, f"base:{n}", f"Plan {n}", 1, "month", n, *days) for n in range(60)]
    invoice = issuing.issue(organization=organization, currency="EUR", lines=lines, subscription_id=1, now=NOW)

    text = text_of_pdf(pdf.render(document_of(invoice)))

    assert "Page 3" in text
    assert "Plan 59" in text


@pytest.mark.parametrize(
    ("name", "font"),
    [
        ("株式会社プラムライン", "NotoSansJP"), ("北京字节跳动科技有限公司", "NotoSansSC"),
        ("臺灣積體電路製造", "NotoSans"),
        ("삼성전자 주식회사", "NotoSansKR"), ("ปูนซิเมนต์ไทย", "NotoSansThai"), ("თბილისი", "NotoSansGeorgian"),
        ("Երևան", "NotoSansArmenian"),
    ],
)  # fmt: skip
def test_names_of_other_scripts_are_drawn_and_can_be_copied(organization, name, font):
    factories.BillingProfileFactory.create(organization=organization, name=f"{name} GmbH & Co")
    invoice = issue(organization)

    content = pdf.render(document_of(invoice))

    assert f"{name} GmbH & Co" in text_of_pdf(content)
    assert font.encode() in content
    assert NO_GLYPH not in text_of_pdf(content)


def test_a_letter_that_no_font_has_is_seen_to_be_there(organization):
    factories.BillingProfileFactory.create(organization=organization, name="A\u200bשלB")

    text = text_of_pdf(pdf.render(document_of(issue(organization))))

    assert f"A{NO_GLYPH * 2}B" in text


@pytest.mark.parametrize(("text", "is_drawn"), [("株", True), ("株B", True), ("שB", False)])
def test_every_letter_has_a_glyph_of_the_font_that_draws_it(text, is_drawn):
    glyphs.load()

    assert (NO_GLYPH not in glyphs.marked(text)) is is_drawn


def test_a_long_name_without_spaces_stays_in_its_column(organization):
    """A page of 75 pixels an inch: between the buyer's column and the facts nothing is drawn."""
    factories.BillingProfileFactory.create(organization=organization, name="株" * 100)

    page = pypdfium2.PdfDocument(io.BytesIO(pdf.render(document_of(issue(organization)))))[0]
    picture = page.render(scale=1).to_pil().convert("L")

    gutter = picture.crop((364, 100, 373, 245))
    assert gutter.getextrema() == (255, 255)
    assert picture.crop((216, 100, 364, 245)).getextrema()[0] < 100


def test_an_address_of_many_lines_has_room(organization):
    lines = [f"Line {number}" for number in range(60)]
    factories.BillingProfileFactory.create(organization=organization, address="\n".join(lines))

    text = text_of_pdf(pdf.render(document_of(issue(organization))))

    assert all(line in text for line in lines)
    assert "Page 2" not in text


def test_a_tax_of_an_unknown_rate_names_none(organization):
    invoice = issue(organization)
    invoice.taxes = [{"name": "Tax", "rate": 0, "net": 9_900, "amount": 551}]

    assert ("Tax", "€5.51") in document_of(invoice).totals


def test_a_credit_note_is_listed_and_is_a_pdf(client, payer, invoice):
    note = issuing.credit(invoice=invoice, net=5_700, reason="Goodwill.", actor=SYSTEM, now=NOW)

    assert "INV-CN-000001" in text_of(client, f"{INVOICES}{invoice.pk}/")
    text = text_of_pdf(client.get(f"{INVOICES}{invoice.pk}/credit-notes/{note.pk}/").content)
    for part in ("Credit note INV-CN-000001", "For invoice", "Goodwill.", "-€57.00", "-€10.83", "-€67.83"):
        assert part in text


def test_an_invoice_of_somebody_else_is_not_found(client, payer, stranger):
    foreign = factories.InvoiceFactory.create()

    for address in (f"{INVOICES}{foreign.pk}/", f"{INVOICES}{foreign.pk}/pdf/", f"{INVOICES}{2**70}/"):
        assert client.get(address).status_code == 404


def test_a_draft_is_seen_by_nobody(client, payer, organization):
    draft = factories.InvoiceFactory.create(organization=organization, state="draft", number="", issued_at=None)

    assert "No invoice yet" in text_of(client, INVOICES)
    assert client.get(f"{INVOICES}{draft.pk}/").status_code == 404


def test_the_api_lists_and_gives_one_with_its_pdf(client, payer, invoice):
    issuing.credit(invoice=invoice, net=100, reason="Goodwill.", actor=SYSTEM, now=NOW)

    (row,) = client.get("/api/v1/organizations/acme/invoices/").json()["results"]

    assert (row["number"], row["state"], row["total"], row["due_on"]) == (
        "INV-000001",
        "open",
        13_566,
        "2026-12-15",
    )
    assert row["lines"][1] == {
        "description": "Events over the quota", "quantity": 3, "unit": "100,000 events", "unit_amount": 500,
        "amount": 1_500, "first_day": "2026-12-01", "last_day": "2026-12-31",
    }  # fmt: skip
    assert row["taxes"] == [{"name": "VAT", "rate": 1_900, "net": 11_400, "amount": 2_166}]
    assert row["credit_notes"][0]["total"] == 119
    assert client.get(f"/api/v1/organizations/acme/invoices/{invoice.pk}/").json() == row
    answer = client.get(f"/api/v1/organizations/acme/invoices/{invoice.pk}/pdf/")
    assert answer.content.startswith(b"%PDF-")
    assert client.get("/api/v1/organizations/acme/invoices/?state=paid").json()["results"] == []


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_costs_the_same_with_one_and_with_ten(
    client, payer, organization, count, django_assert_max_num_queries
):
    factories.InvoiceFactory.create_batch(count, organization=organization)
    client.get(INVOICES)

    with django_assert_max_num_queries(12):
        assert client.get(INVOICES).content.decode().count("as PDF") == count


def test_an_invoice_is_mailed_once_with_its_pdf(payer, owner, invoice, mailoutbox):
    assert [invoice_mail.send_due(now=NOW) for _ in range(2)] == [1, 0]

    (mail,) = mailoutbox
    assert mail.to == ["billing@acme.test", "owner@acme.test"]
    assert mail.subject == "Invoice INV-000001 for Acme"
    assert "comes to €135.66. It is to be paid by 15 December 2026." in mail.body
    ((name, content, kind),) = mail.attachments
    assert (name, kind) == ("invoice-INV-000001.pdf", "application/pdf")
    assert "€135.66" in text_of_pdf(content)
    invoice.refresh_from_db()
    assert invoice.sent_at == NOW


def test_it_goes_to_the_address_that_is_given_for_invoices(owner, organization, invoice, mailoutbox):
    factories.BillingProfileFactory.create(organization=organization, email="books@acme.test")

    invoice_mail.send_due(now=NOW)

    assert mailoutbox[0].to == ["books@acme.test"]


def test_a_mail_that_fails_is_tried_again(owner, invoice, mailoutbox, monkeypatch, caplog):
    def unreachable(*_args):
        raise SMTPException("No answer.")

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", unreachable)
        assert invoice_mail.send_due(now=NOW) == 0
    assert "was not sent" in caplog.text

    assert invoice_mail.send_due(now=NOW) == 1


@pytest.fixture
def desk(client, db):
    client.force_login(factories.UserFactory.create(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize(
    ("action", "state"), [("mark_paid", "paid"), ("mark_void", "void"), ("write_off", "uncollectible")]
)
def test_staff_mark_an_invoice(desk, invoice, action, state):
    desk.post("/admin/accounts/invoice/", {"action": action, "_selected_action": [invoice.pk]})

    invoice.refresh_from_db()
    assert invoice.state == state
    assert AuditEntry.objects.latest("pk").after == {"state": state}


def test_staff_write_a_credit_note_and_never_one_too_large(desk, invoice):
    add = "/admin/accounts/creditnote/add/"

    refused = desk.post(add, {"invoice": invoice.pk, "net": 11_401, "reason": "Too much."})
    made = desk.post(add, {"invoice": invoice.pk, "net": 11_400, "reason": "All of it."})

    assert "up to €114.00" in refused.content.decode()
    assert made.status_code == 302
    assert CreditNote.objects.get().total == invoice.total


def test_staff_who_may_only_look_mark_nothing(client, invoice):
    helper = factories.UserFactory.create(is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename="view_invoice"))
    client.force_login(helper)

    client.post("/admin/accounts/invoice/", {"action": "mark_paid", "_selected_action": [invoice.pk]})

    invoice.refresh_from_db()
    assert invoice.state == "open"


def test_an_invoice_that_should_have_been_paid_says_so(client, organization, owner) -> None:
    client.force_login(owner)
    issued = timezone.now() - timedelta(days=60)
    line = Line(LineKind.BASE, "", "Plan Small", 1, "month", 2_900, issued.date(), issued.date())
    issuing.issue(organization=organization, currency="EUR", lines=[line], subscription_id=1, now=issued)

    assert "Overdue</span>" in client.get(INVOICES).content.decode()
