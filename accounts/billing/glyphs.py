"""Which font draws which letters of a document: one for most, others where it has no glyph. No Django here."""

from functools import lru_cache
from itertools import groupby
from pathlib import Path
from unicodedata import category
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

_FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = "Plumbline", "Plumbline-Bold"
_MAIN = {REGULAR: "NotoSans-Regular.ttf", BOLD: "NotoSans-SemiBold.ttf"}
NO_GLYPH = "\ufffd"
# Controls and marks of format, such as a zero-width space.
_UNSEEN = frozenset({"Cc", "Cf"})
# In this order: what is in both of Japan and China is drawn as in Japan, unless China's alone has all of a text.
_OTHERS = ("JP", "SC", "KR", "Thai", "Georgian", "Armenian")


def load() -> None:
    """The fonts of every document, once in a process."""
    for name in _MAIN:
        _font(name)


def marked(text: str, font: str = REGULAR) -> str:
    """The text as reportlab's markup, with the font of each part that this one cannot draw.

    A letter that no font has is drawn as NO_GLYPH, so that it is seen that there is one.
    """
    shown = "".join(letter for letter in text if category(letter) not in _UNSEEN)
    faces = _faces("".join(sorted({letter for letter in shown if not _has(font, letter)})))
    shown = "".join(letter if faces.get(letter, font) else NO_GLYPH for letter in shown)
    parts = groupby(shown, key=lambda letter: faces.get(letter, ""))
    return "".join(
        f'<font name="{face}">{escape("".join(letters))}</font>' if face else escape("".join(letters))
        for face, letters in parts
    )


def is_wide(text: str) -> bool:
    """Whether lines may end between any two letters, as in Chinese, Japanese and Korean."""
    return any("\u2e80" <= letter <= "\ud7ff" or "\uf900" <= letter <= "\uffef" for letter in text)


@lru_cache(maxsize=256)
def _faces(missing: str) -> dict[str, str]:
    """Of each letter its font: the first that has all of them, else the first that has it; empty without one."""
    if not missing:
        return {}
    whole = [name for name in _OTHERS if all(_has(name, letter) for letter in missing)][:1]
    return {letter: next((name for name in whole or _OTHERS if _has(name, letter)), "") for letter in missing}


def _has(name: str, letter: str) -> bool:
    return ord(letter) in _font(name).face.charToGlyph or letter.isspace()


def _font(name: str) -> TTFont:
    if name not in pdfmetrics.getRegisteredFontNames():
        file = _MAIN.get(name, f"NotoSans{name}-Regular.ttf")
        pdfmetrics.registerFont(TTFont(name, _FONTS / file))
    return pdfmetrics.getFont(name)
