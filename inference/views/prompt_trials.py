"""A version of a prompt, or two side by side: what differs, and what comes of both on the same input."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import PlumblineError
from accounts.models import Organization
from accounts.permissions import Capability
from inference import access
from inference.models import Job, PromptTemplate, PromptVersion
from inference.prompting import variables
from inference.queries import model_names
from inference.queries.prompts import compared
from inference.services import playing
from inference.views.models import blame
from inference.views.play_costs import Costs, costs_of
from inference.views.playground import jobs_named

_VALUE = "value_"


class TrialForm(forms.Form):
    """A value for each variable of the versions, and who is to answer."""

    once = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(
        self, versions: Sequence[PromptVersion], models: Sequence[str], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        known = {name: value for version in reversed(versions) for name, value in version.test_input.items()}
        for name in dict.fromkeys(name for version in versions for name in variables(version.text)):
            self.fields[_VALUE + name] = forms.CharField(
                label=name,
                required=False,
                strip=False,
                initial=known.get(name, ""),
                widget=forms.Textarea({"rows": 2}),
            )
        self.fields["model"] = forms.ChoiceField(
            choices=[("", "As each version says"), *((name, name) for name in models)], required=False
        )

    def body(self, prompt: PromptTemplate, version: PromptVersion) -> dict[str, Any]:
        """The job of a version, which gets the values of its own variables alone."""
        values = {name: self.cleaned_data[_VALUE + name] for name in variables(version.text)}
        asked = {"slug": prompt.slug, "version": version.number, "variables": values}
        return {"task": "generate", "prompt": asked, "model": self.cleaned_data["model"]}


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, organization: str, prompt: str) -> HttpResponse:
    """`a` is a version (else the newest), `b` another beside it. A POST runs them and shows their answers.

    It answers with the page itself, which keeps the values that were given; sent again, it runs nothing twice.
    """
    actor = Actor.of(request)
    found = accounts_access.organization(actor, slug=organization, capability=Capability.RUN_JOBS)
    chosen = access.prompt(found, slug=prompt)
    versions = _versions(request, chosen)
    models = [*model_names.aliases(found.pk), *model_names.models(found.pk)]
    form = TrialForm(versions, models, request.POST if request.method == "POST" else None)
    bodies = [form.body(chosen, version) for version in versions] if form.is_valid() else []
    jobs, costs = jobs_named(request, actor, found), Costs()
    if "preview" in request.POST:
        costs = costs_of(found, actor, bodies, [f"Version {body['prompt']['version']}" for body in bodies])
        if "HX-Request" in request.headers:
            return render(request, "inference/parts/play_costs.html", {"costs": costs})
    elif bodies:
        jobs = _run(form, actor, found, bodies)
    address = f"?{urlencode(_numbers(versions))}"
    context = {
        "organization": found,
        "section": "prompts",
        "prompt": chosen,
        "versions": versions,
        "numbers": chosen.versions.order_by("-number").values_list("number", flat=True),
        "differences": _differences(versions),
        "form": form,
        "once": uuid.uuid4().hex,
        "costs": costs,
        "jobs": jobs,
        "address": address,
        "page": f"{address}&{urlencode({'job': [str(job.pk) for job in jobs]}, doseq=True)}",
    }
    return render(request, "inference/prompt_try.html", context, status=422 if form.errors else 200)


def _run(form: TrialForm, actor: Actor, organization: Organization, bodies: Sequence[dict[str, Any]]) -> list[Job]:
    try:
        return playing.run(organization=organization, actor=actor, bodies=bodies, once=form.cleaned_data["once"])
    except PlumblineError as error:
        blame(form, error)
        return []


def _versions(request: HttpRequest, prompt: PromptTemplate) -> list[PromptVersion]:
    numbers = [int(given[:10]) for name in ("a", "b") if (given := request.GET.get(name, "")).isdecimal()]
    if not numbers:
        return [prompt.versions.latest("number")]
    return [access.prompt_version(prompt, number=number) for number in dict.fromkeys(numbers)]


def _numbers(versions: Sequence[PromptVersion]) -> dict[str, int]:
    return {name: version.number for name, version in zip(("a", "b"), versions, strict=False)}


def _differences(versions: Sequence[PromptVersion]) -> list[tuple[str, Any]]:
    """Each part with its lines side by side; nothing for a single version."""
    if len(versions) < 2:
        return []
    left, right = versions
    return [
        ("How to answer", compared(left.system, right.system)),
        ("Prompt", compared(left.text, right.text)),
    ]
