"""Extractive summary without a model: the sentences that say most of what a text says, in their own order.

A sentence scores by the weight of its words, where a word weighs as often as it comes (damped, since the most
frequent words of any language say nothing), and a little by standing early. A word that was said by a chosen
sentence weighs less for the next, so that the summary does not repeat itself.
"""

import re
from collections import Counter
from itertools import pairwise
from math import log, sqrt

# A full stop ends a sentence where white space and no lower-case letter follows; the marks of Chinese, Japanese
# and Devanagari end it at once. Paragraphs end it always.
_END = re.compile(
    r"(?<=[.!?…])[\"'”’»)\]]*\s+(?![a-zà-öø-ÿа-я])|(?<=[。！？])[」』”]?|(?<=[।॥])\s*|\n\s*\n|\r\n\s*\r\n"
)
# "J. Smith", "e.g. Rome", "Dr. Jones": the stop belongs to the word before it.
_ABBREVIATION = re.compile(
    r"(?:\b[^\W\d_]|\b[^\W\d_]\.[^\W\d_]|\b(?:Dr|Mr|Mrs|Ms|Prof|St|Nr|No|vs|etc|ca|bzw|cf|Fig|Inc|Ltd|Co))\.[\"'”’»)\]]*$"
)
# Of an abbreviation with the quotes and brackets that close behind it, in characters.
_LONGEST_END = 24
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# Scripts that write without spaces: single characters and their neighbours stand in for words.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]")


def summarize(text: str, max_sentences: int) -> str:
    """At most this many sentences of the text, joined by spaces; a text that is short enough comes back whole."""
    sentences = split(text)
    if len(sentences) <= max_sentences:
        return _join(sentences)
    return _join([sentences[index] for index in sorted(_choose(sentences, max_sentences))])


def split(text: str) -> list[str]:
    """The sentences of a text in any language, without the white space around and inside them."""
    found: list[str] = []
    held: list[str] = []
    for piece in _pieces(text):
        held.append(piece)
        # Its end decides, and a text may be one abbreviation after another.
        if not _ABBREVIATION.search(piece[-_LONGEST_END:]):
            found.append(" ".join(held))
            held = []
    return [*found, " ".join(held)] if held else found


def _pieces(text: str) -> list[str]:
    cuts = [0, *(match.end() for match in _END.finditer(text)), len(text)]
    pieces = (" ".join(text[start:end].split()) for start, end in pairwise(cuts))
    return [piece for piece in pieces if piece]


def _choose(sentences: list[str], count: int) -> list[int]:
    words = [frozenset(_words(sentence)) for sentence in sentences]
    frequency = Counter(word for sentence in words for word in sentence)
    # Log-damped frequency times rarity over sentences: both "the" and a word said once weigh little.
    weights = {word: log(1 + n) * log(1 + len(sentences) / n) for word, n in frequency.items() if n > 1}
    chosen: list[int] = []
    for _ in range(count):
        best = max(
            (index for index in range(len(sentences)) if index not in chosen),
            key=lambda index: (_score(words[index], weights) * _position(index, len(sentences)), -index),
        )
        chosen.append(best)
        for word in words[best] & weights.keys():
            weights[word] *= 0.3
    return chosen


def _score(words: frozenset[str], weights: dict[str, float]) -> float:
    # The root of the length: neither do long sentences win by length, nor headings by brevity.
    return sum(weights.get(word, 0.0) for word in words) / sqrt(max(len(words), 8))


def _position(index: int, count: int) -> float:
    return 1.25 if index == 0 else 1.0 + 0.1 * (1 - index / count)


def _words(sentence: str) -> list[str]:
    words = [word.casefold() for word in _WORD.findall(sentence)]
    unspaced = _UNSPACED.findall(sentence)
    if not unspaced:
        return [word for word in words if len(word) > 1]
    return [word for word in words if not _UNSPACED.search(word)] + ["".join(pair) for pair in pairwise(unspaced)]


def _join(sentences: list[str]) -> str:
    return "".join(
        sentence if not index or sentences[index - 1][-1:] in "。！？」』" else f" {sentence}"
        for index, sentence in enumerate(sentences)
    )
