"""What visitors do on the demo's website: look around, leave, come back, sign up. No Django here."""

from config.demo import pages, traffic
from config.demo.people import Member
from config.demo.recording import Recording
from config.demo.traffic import Source

# The shorter form of the fast release: more of those who begin to sign up get to the end.
_FORM_BEFORE, _FORM_AFTER = 0.46, 0.78


def look_around(recording: Recording, source: Source, landing: str) -> bool:
    """A visit from a source; True where the visitor stayed for more than a page."""
    rng = recording.rng
    recording.page(landing, referrer=source.referrer, campaign=source.campaign)
    if rng.random() < source.bounce:
        return False
    while True:
        recording.wait(35)
        recording.page(pages.WEBSITE.draw(rng))
        _act(recording)
        if rng.random() < 0.36:
            return True


def _act(recording: Recording) -> None:
    """Some click what the page offers."""
    rng = recording.rng
    chance = rng.random()
    if chance < 0.09:
        recording.wait(12)
        recording.track("cta_clicked", label=rng.choice(("Start free", "See it live", "Talk to us")))
    elif chance < 0.11:
        recording.wait(20)
        recording.track("newsletter_subscribed", list="weekly-digest")
    elif chance < 0.122:
        recording.wait(15)
        recording.page("/demo")
        recording.wait(60)
        recording.track("demo_requested", company_size=rng.choice(("1-10", "11-50", "51-200", "201+")))


def tries_sign_up(recording: Recording, source: Source) -> bool:
    """Whether the visitor opens the form, and fills it in to the end."""
    rng = recording.rng
    # `signup` is the share before the fast release; the form loses the rest of those who open it.
    if rng.random() >= source.signup / _FORM_BEFORE:
        return False
    recording.wait(30)
    recording.page("/signup")
    recording.wait(50)
    done = _FORM_AFTER if recording.day >= traffic.FAST_DAY else _FORM_BEFORE
    return rng.random() < done


def sign_up(recording: Recording, member: Member, source_name: str) -> None:
    """The form is sent: the visitor becomes a user of a new account."""
    recording.identify(member.id, email=f"{member.id}@customers.example", role="admin")
    recording.track("signup", method=recording.rng.choice(("password", "google", "google")), source=source_name)
    recording.group(member.account.id, **member.account.traits)
