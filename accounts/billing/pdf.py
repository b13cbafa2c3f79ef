"""A document as PDF: A4, one or more pages, text that can be searched and copied. No Django here."""

import io
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from accounts.billing import glyphs
from accounts.billing.documents import Document, Row
from accounts.billing.glyphs import BOLD, REGULAR

_MARGIN = 20 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_INK, _MUTED, _RULE, _ACCENT = (colors.HexColor(code) for code in ("#171a1f", "#5b6470", "#d5dae1", "#2453b3"))
_COLUMNS = (_WIDTH * 0.5, _WIDTH * 0.1, _WIDTH * 0.22, _WIDTH * 0.18)


def render(document: Document) -> bytes:
    """The PDF. The same document gives the same text; the file differs in the time that it names."""
    glyphs.load()
    buffer = io.BytesIO()
    template = BaseDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=f"{document.title} {document.number}",
        author=document.seller[0] if document.seller else "",
    )
    frame = Frame(_MARGIN, _MARGIN, _WIDTH, A4[1] - 2 * _MARGIN, 0, 0, 0, 0)
    template.addPageTemplates(PageTemplate(frames=[frame], onPage=_foot(document)))
    template.build(_story(document))
    return buffer.getvalue()


def _style(size: float = 9.5, **options: Any) -> ParagraphStyle:
    given = {"fontName": REGULAR, "textColor": _INK, "leading": size * 1.4, **options}
    return ParagraphStyle("plumbline", fontSize=size, **given)


def _text(text: str, **options: Any) -> Paragraph:
    return _lines((text,), **options)


def _lines(lines: tuple[str, ...], **options: Any) -> Paragraph:
    font = options.get("fontName", REGULAR)
    wraps: dict[str, Any] = {"wordWrap": "CJK"} if any(map(glyphs.is_wide, lines)) else {}
    return Paragraph("<br/>".join(glyphs.marked(line, font) for line in lines), _style(**options, **wraps))


def _story(document: Document) -> list[Any]:
    notes = [item for note in document.notes for item in (Spacer(1, 4 * mm), _note(note))]
    return [_head(document), Spacer(1, 12 * mm), _rows(document.rows), Spacer(1, 3 * mm), _sums(document), *notes]


def _note(text: str) -> Paragraph:
    return _lines(tuple(text.splitlines()), size=8.5, textColor=_MUTED)


def _head(document: Document) -> Table:
    """Title and stamp; below them from whom, to whom, and the facts."""
    title = _text(document.title, size=22, fontName=BOLD)
    stamp = _text(document.stamp, size=14, fontName=BOLD, textColor=_ACCENT, alignment=TA_RIGHT)
    seller, buyer = (_lines(party) for party in (document.seller, document.buyer))
    facts = Table(
        [[_text(name, textColor=_MUTED), _text(value, alignment=TA_RIGHT)] for name, value in document.facts],
        colWidths=(_WIDTH * 0.14, _WIDTH * 0.2),
        style=TableStyle([*_TIGHT, ("BOTTOMPADDING", (0, 0), (-1, -1), 2)]),
    )
    labels = [_text(label, size=8, textColor=_MUTED) for label in ("From", "To")]
    return Table(
        [[title, "", stamp], [Spacer(1, 8 * mm), "", ""], [*labels, ""], [seller, buyer, facts]],
        colWidths=(_WIDTH * 0.33, _WIDTH * 0.33, _WIDTH * 0.34),
        style=TableStyle([*_TIGHT, ("VALIGN", (0, 0), (-1, 0), "BOTTOM"), ("RIGHTPADDING", (0, 2), (1, -1), 12)]),
    )


def _rows(rows: tuple[Row, ...]) -> Table:
    head = [
        _text(name, size=8, textColor=_MUTED, alignment=align)
        for name, align in (("Description", 0), ("Quantity", TA_RIGHT), ("Price", TA_RIGHT), ("Amount", TA_RIGHT))
    ]
    body = [
        [
            [_text(row.description), *([_text(row.days, size=8, textColor=_MUTED)] if row.days else [])],
            *(_text(cell, alignment=TA_RIGHT) for cell in (row.quantity, row.price, row.amount)),
        ]
        for row in rows
    ]
    return Table(
        [head, *body],
        colWidths=_COLUMNS,
        repeatRows=1,
        style=TableStyle(
            [
                *_TIGHT,
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, _INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, _RULE),
                ("TOPPADDING", (0, 0), (-1, -1), 5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
            ]
        ),
    )


def _sums(document: Document) -> Table:
    *parts, last = document.totals
    rows = [[_text(name, textColor=_MUTED), _text(amount, alignment=TA_RIGHT)] for name, amount in parts]
    rows.append([_text(last[0], fontName=BOLD), _text(last[1], fontName=BOLD, alignment=TA_RIGHT)])
    return Table(
        rows,
        colWidths=(_WIDTH * 0.22, _WIDTH * 0.18),
        hAlign="RIGHT",
        style=TableStyle(
            [
                *_TIGHT,
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ("LINEABOVE", (0, -1), (-1, -1), 0.8, _INK),
            ]
        ),
    )


def _foot(document: Document) -> Any:
    """The number of the document and of the page, on every page."""

    def draw(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.setFont(REGULAR, 8)
        canvas.setFillColor(_MUTED)
        canvas.drawString(_MARGIN, 11 * mm, f"{document.title} {document.number}")
        canvas.drawRightString(A4[0] - _MARGIN, 11 * mm, f"Page {canvas.getPageNumber()}")

    return draw


_TIGHT = (
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
)
