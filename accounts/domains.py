"""Domains of e-mail addresses: how they are written, and which nobody can claim. No Django here."""

import re

LONGEST = 253
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# Where anybody gets an address; of all such only those that a person may well type by mistake.
PUBLIC = frozenset(
    """
    126.com 163.com aim.com aol.com att.net bellsouth.net bigpond.com bluewin.ch btinternet.com comcast.net cox.net
    docomo.ne.jp duck.com earthlink.net email.com fastmail.com fastmail.fm foxmail.com free.fr freenet.de gmail.com
    gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es
    hotmail.fr hotmail.it hush.com hushmail.com icloud.com inbox.com inbox.lv interia.pl laposte.net libero.it
    live.co.uk live.com live.fr live.nl mac.com mail.com mail.de mail.ru mailbox.org mailinator.com me.com msn.com
    naver.com o2.pl online.de onet.pl optonline.net orange.fr outlook.com outlook.de outlook.fr pm.me posteo.de
    proton.me protonmail.ch protonmail.com qq.com rediffmail.com rocketmail.com sbcglobal.net seznam.cz sfr.fr
    shaw.ca sina.com sky.com t-online.de telenet.be tiscali.it tuta.com tuta.io tutanota.com tutanota.de uol.com.br
    verizon.net virgilio.it virginmedia.com wanadoo.fr web.de wp.pl xtra.co.nz yahoo.ca yahoo.co.in yahoo.co.jp
    yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru ymail.com zoho.com
    zohomail.com
    """.split()  # noqa: SIM905 (a list would fill a screen)
)


def normal(text: str) -> str:
    """The domain in lower case and ASCII (`müller.de` is `xn--mller-kva.de`); ValueError for what is none."""
    domain = text.strip().lower().rstrip(".")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(f"not a domain: {text!r}") from error
    labels = domain.split(".")
    if len(domain) > LONGEST or len(labels) < 2 or labels[-1].isdigit():
        raise ValueError(f"not a domain: {text!r}")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"not a domain: {text!r}")
    return domain


def of_address(email: str) -> str:
    """The domain of an e-mail address; empty where it has none."""
    try:
        return normal(email.rpartition("@")[2]) if "@" in email else ""
    except ValueError:
        return ""
