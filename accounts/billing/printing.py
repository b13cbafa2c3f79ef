"""Print a document. What draws it is imported with the first: it costs 22 MB, and most processes print none."""

from accounts.billing.documents import Document


def as_pdf(document: Document) -> bytes:
    """The document as PDF."""
    from accounts.billing import pdf  # noqa: PLC0415 (see above)

    return pdf.render(document)
