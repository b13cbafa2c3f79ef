"""The tables of the page of costs: one list of rows each, for the page and for a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.billing import micro
from accounts.billing.meters import TOKENS, Meter
from accounts.models import Organization
from analytics.templatetags.formats import ABSENT, number, percent
from inference.choices import ProviderName, Task
from inference.queries.costs import Billed, Ended, Seen, Spent, Work
from inference.queries.health import Fared
from inference.templatetags.models import seconds

_KINDS = {
    Meter.INPUT_TOKENS: "Input",
    Meter.CACHED_TOKENS: "From cache",
    Meter.OUTPUT_TOKENS: "Output",
    Meter.REASONING_TOKENS: "Reasoning",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A name, where it leads, and what is said of it: as shown, and as written to a file."""

    name: str
    href: str
    shown: Sequence[str]
    values: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class CostTable:
    """`columns` are the words over the figures of a page, `header` those of the file; `name` is of the file."""

    name: str
    label: str
    first: str
    columns: Sequence[str]
    header: Sequence[str]
    rows: Sequence[Row]
    total: Row | None = None


def models(billed: Billed) -> CostTable:
    rows = [_spent(model, "", spent) for model, spent in billed.by_model.items()]
    return _of_ledger("models", "Models", "Model", rows, _spent("All", "", billed.whole))


def projects(billed: Billed, seen: Seen) -> CostTable:
    names = {0: "The organization as a whole", -1: "Projects that are gone", **seen.projects}
    rows = [_spent(names[project], "", spent) for project, spent in billed.by_project.items()]
    return _of_ledger("projects", "Projects", "Project", rows, _spent("All", "", billed.whole))


def tasks(work: Work, organization: Organization) -> CostTable:
    here = reverse("jobs", args=[organization.slug])
    rows = [_ended(str(Task(task).label), f"{here}?task={task}", ended) for task, ended in work.by_task.items()]
    return _of_jobs("tasks", "Tasks", "Task", rows, _ended("All", "", work.whole))


def keys(work: Work, organization: Organization) -> CostTable:
    here = reverse("jobs", args=[organization.slug])
    rows = [
        _ended(name, f"{here}?key={key}", ended) if key else _ended("Without a key, by people", "", ended)
        for (key, name), ended in work.by_key.items()
    ]
    return _of_jobs("keys", "Keys", "Key", rows, _ended("All", "", work.whole))


def prompts(work: Work, organization: Organization) -> CostTable:
    rows = [
        _ended(
            f"{prompt.name}, version {prompt.version}",
            reverse("prompt", args=[organization.slug, prompt.slug]),
            ended,
        )
        for prompt, ended in work.by_prompt.items()
    ]
    return _of_jobs("prompts", "Prompts", "Prompt", rows)


def calls(found: Mapping[tuple[str, str], Fared]) -> CostTable:
    rows = [_fared(ProviderName(provider), model, fared) for (provider, model), fared in found.items()]
    columns = ("Calls", "Failed", "First token, median", "First token, 95 %", "Whole, median", "Whole, 95 %")
    header = ("calls", "failed", "first_token_p50", "first_token_p95", "took_p50", "took_p95")
    return CostTable("calls", "Models by calls", "Model", columns, ("model", *header), rows)


def written(costs: Mapping[str, int]) -> str:
    """Amounts of each currency."""
    return ", ".join(micro.written(amount, currency) for currency, amount in costs.items()) or ABSENT


def _of_ledger(name: str, label: str, first: str, rows: Sequence[Row], total: Row) -> CostTable:
    header = (first.lower(), *(meter.value for meter in TOKENS), "cost_micro", "currency")
    return CostTable(name, label, first, ("Cost", *_KINDS.values()), header, rows, total)


def _of_jobs(name: str, label: str, first: str, rows: Sequence[Row], total: Row | None = None) -> CostTable:
    header = (first.lower(), "jobs", "failed", "tokens_input", "tokens_output", "cost_micro", "currency")
    columns = ("Cost", "Jobs", "Failed", "Tokens in", "Tokens out")
    return CostTable(name, label, first, columns, header, rows, total)


def _spent(name: str, href: str, spent: Spent) -> Row:
    tokens = [spent.tokens[meter] for meter in TOKENS]
    return Row(name, href, [written(spent.costs), *map(number, tokens)], _lines(name, tokens, spent.costs))


def _ended(name: str, href: str, ended: Ended) -> Row:
    counts = [ended.jobs, ended.failed, ended.tokens_input, ended.tokens_output]
    return Row(name, href, [written(ended.costs), *map(number, counts)], _lines(name, counts, ended.costs))


def _fared(provider: ProviderName, model: str, fared: Fared) -> Row:
    times = [fared.first_token_p50, fared.first_token_p95, fared.took_p50, fared.took_p95]
    failed = f"{number(fared.failures)} ({percent(fared.failures / fared.calls)})" if fared.failures else "0"
    name = f"{provider}/{model}"
    return Row(
        name,
        "",
        [number(fared.calls), failed, *(f"{seconds(time)} s" if time is not None else ABSENT for time in times)],
        [[name, fared.calls, fared.failures, *times]],
    )


def _lines(name: str, counts: Sequence[int], costs: Mapping[str, int]) -> list[list[Any]]:
    """A line for each currency, of which the first has what is counted."""
    (first, *more) = [[amount, currency] for currency, amount in costs.items()] or [["", ""]]
    return [[name, *counts, *first], *([name, *[""] * len(counts), *cost] for cost in more)]
