"""Mails about the quota: to those who can act, once a month and threshold, whatever is run twice."""

import threading
from datetime import UTC, date, datetime
from smtplib import SMTPException

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection

from accounts.models import Organization, UsageNotice
from accounts.permissions import Role
from analytics.services import quota_notices
from analytics.services.quota_notices import notify_all
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 5, tzinfo=UTC)


@pytest.fixture
def plan(organization):
    found = factories.PlanFactory.create(name="Small", events_a_month=1_000)
    Organization.objects.filter(pk=organization.pk).update(plan=found)
    return found


@pytest.fixture
def people(organization, owner, teammate):
    factories.MembershipFactory(organization=organization, role=Role.ADMIN, user__email="admin@acme.test")
    factories.MembershipFactory(organization=organization, role=Role.ANALYST)
    factories.MembershipFactory(organization=organization, role=Role.ADMIN, user__is_active=False)


def use(project, events: int, day: date = date(2026, 11, 20)) -> None:
    factories.UsageCountFactory(project=project, day=day, events=events)


def thresholds() -> list[int]:
    found = UsageNotice.objects.filter(subject="events").order_by("pk")
    return list(found.values_list("percent", flat=True))


def test_nobody_is_told_before_the_first_threshold(project, plan, people, mailoutbox):
    use(project, 499)

    assert notify_all(now=NOW) == 0
    assert mailoutbox == []


def test_owners_and_admins_are_told_once(project, plan, people, mailoutbox):
    use(project, 800)

    assert [notify_all(now=NOW) for _ in range(3)] == [1, 0, 0]

    (mail,) = mailoutbox
    assert mail.to == ["admin@acme.test", "owner@acme.test"]
    assert mail.subject == "Close to the quota: Acme"
    assert UsageNotice.objects.get(percent=80).recipients == 2


def test_the_mail_says_everything_in_text_and_html(project, plan, people, mailoutbox, settings):
    settings.BASE_URL = "https://plumbline.example.com"
    use(project, 1_250)

    notify_all(now=NOW)

    (mail,) = mailoutbox
    ((html, kind),) = mail.alternatives
    assert kind == "text/html"
    assert "1,250 of 1,000 events (125 %) are used." in mail.body
    for part in (mail.body, html):
        assert "Acme" in part
        assert "Small" in part
        assert "1 December 2026, 00:00 UTC" in part
        assert "https://plumbline.example.com/o/acme/settings/usage/" in part


def test_each_threshold_is_told_as_it_is_reached(project, plan, people, mailoutbox):
    for events, day in ((500, 1), (300, 2), (200, 3), (200, 4)):
        use(project, events, date(2026, 11, day))
        notify_all(now=NOW)

    assert [mail.subject.split(":")[0] for mail in mailoutbox] == [
        "Half of the quota is used", "Close to the quota", "Over the quota", "Events are refused",
    ]  # fmt: skip
    assert thresholds() == [50, 80, 100, 120]


def test_several_thresholds_at_once_are_one_mail(project, plan, people, mailoutbox):
    use(project, 5_000)

    notify_all(now=NOW)
    notify_all(now=NOW)

    assert [mail.subject for mail in mailoutbox] == ["Events are refused: Acme"]
    assert thresholds() == [50, 80, 100, 120]


def test_a_new_month_begins_anew(project, plan, people, mailoutbox):
    use(project, 800)
    use(project, 800, date(2026, 12, 4))

    notify_all(now=NOW)
    notify_all(now=DECEMBER)

    assert len(mailoutbox) == 2
    assert set(UsageNotice.objects.filter(percent=80).values_list("month", flat=True)) == {
        date(2026, 11, 1), date(2026, 12, 1),
    }  # fmt: skip


def test_an_organization_without_a_quota_is_not_looked_at(project, people, mailoutbox):
    use(project, 10**9)

    assert notify_all(now=NOW) == 0


def test_a_mail_that_fails_is_tried_again_and_stops_no_other(
    project, plan, people, mailoutbox, monkeypatch, caplog
):
    other = factories.ProjectFactory.create(organization__name="Other", organization__plan=plan)
    factories.MembershipFactory(organization=other.organization, user__email="other@other.test")
    use(project, 800)
    use(other, 800)
    real = EmailMultiAlternatives.send

    def unreachable(message, *args):
        if "Acme" in message.subject:
            raise SMTPException("No answer.")
        return real(message, *args)

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", unreachable)
        assert notify_all(now=NOW) == 1
    assert "was not sent" in caplog.text

    assert notify_all(now=NOW) == 1
    assert [mail.to for mail in mailoutbox] == [["other@other.test"], ["admin@acme.test", "owner@acme.test"]]


def test_a_name_of_several_lines_is_no_header_of_its_own(project, plan, people, mailoutbox):
    Organization.objects.update(name="Acme\nBcc: everybody@example.test")
    use(project, 800)

    notify_all(now=NOW)

    assert mailoutbox[0].subject == "Close to the quota: Acme Bcc: everybody@example.test"
    assert mailoutbox[0].bcc == []


@pytest.mark.django_db(transaction=True)
def test_of_many_runs_at_once_one_sends(project, plan, people, mailoutbox):
    use(project, 1_100)
    told: list[int] = []

    def run() -> None:
        told.append(quota_notices.notify_all(now=NOW))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == [0, 0, 0, 0, 0, 1]
    assert len(mailoutbox) == 1
