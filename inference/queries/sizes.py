"""How much models read and write, and what they can."""

from collections.abc import Mapping, Sequence
from time import monotonic

from inference.choices import ProviderName
from inference.kinds.base import Size
from inference.models import LanguageModel
from inference.routes import Target

# Of a model that staff have not entered.
UNKNOWN = Size(context=128_000, most_output=16_384)
# The built-in provider reads a text of any length at once.
_BUILTIN = Size(context=1_000_000_000, most_output=1_000_000)

# By provider and model.
Known = Mapping[tuple[str, str], LanguageModel]


def size_of(model: LanguageModel) -> Size:
    return Size(model.context_tokens, model.most_output_tokens, frozenset(model.abilities))


def known_of(targets: Sequence[Target]) -> Known:
    """What staff have entered of these."""
    wanted = {(one.provider.value, one.model) for one in targets}
    return {name: model for name, model in _MODELS.found().items() if name in wanted} if wanted else {}


class _Models:
    """All that staff have entered, up to `fresh` seconds old: every job asks for them several times."""

    def __init__(self, fresh: float) -> None:
        self.fresh = fresh
        self.until = 0.0
        self.known: Known = {}

    def found(self) -> Known:
        if monotonic() >= self.until:
            known = {(one.provider, one.model): one for one in LanguageModel.objects.all()}
            self.known, self.until = known, monotonic() + self.fresh
        return self.known


_MODELS = _Models(1.0)


def smallest(targets: Sequence[Target], known: Known) -> Size:
    """What is sent must fit each of them."""
    sizes = [_of(target, known) for target in targets]
    abilities = [one.abilities for one in sizes if one.abilities is not None]
    return Size(
        min(one.context for one in sizes),
        min(one.most_output for one in sizes),
        frozenset.intersection(*abilities) if abilities else None,
    )


def _of(target: Target, known: Known) -> Size:
    if target.provider is ProviderName.BUILTIN:
        return _BUILTIN
    found = known.get((target.provider.value, target.model))
    return size_of(found) if found else UNKNOWN
