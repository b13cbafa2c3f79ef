"""Whether somebody has put our word into a domain's DNS or onto its website."""

import dns.exception
import dns.resolver
import requests

from accounts import outgoing
from accounts.errors import Invalid

SECONDS = 5.0


def in_dns(name: str, value: str) -> bool:
    """Whether a TXT record of this name has this value; a DNS that does not answer has none."""
    try:
        answer = resolver().resolve(name, "TXT", lifetime=SECONDS, search=False)
    except dns.exception.DNSException:
        return False
    return any(b"".join(record.strings).decode(errors="replace").strip() == value for record in answer)


def in_file(address: str, value: str) -> bool:
    """Whether the file has a line with this value; a site that does not answer, or not for us, has none."""
    try:
        with outgoing.session() as session:
            answer = session.get(address)
    except (requests.RequestException, Invalid):
        return False
    text = answer.content.decode(errors="replace")
    return answer.status_code == 200 and value in (line.strip() for line in text.splitlines())


def resolver() -> dns.resolver.Resolver:
    """The system's own servers."""
    return dns.resolver.Resolver()
