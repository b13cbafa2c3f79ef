"""Prompts: the list, one with its versions, and another version."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import PlumblineError
from accounts.models import Organization
from accounts.permissions import Capability
from inference import access
from inference.models import PromptTemplate, PromptVersion
from inference.prompting import Words
from inference.queries import model_names
from inference.queries.prompts import prompts_of, versions_of
from inference.services import prompts
from inference.views.models import blame
from inference.views.play_forms import JsonField

_PAGE = 50


class WordsForm(forms.Form):
    """The words of a version."""

    system = forms.CharField(
        label="How to answer",
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="Said to the model before the prompt. No variables here: they hold data.",
    )
    text = forms.CharField(
        label="Prompt", widget=forms.Textarea({"rows": 10}), help_text="A variable stands in it as {{name}}."
    )
    test_input = JsonField(
        label="Test input",
        required=False,
        widget=forms.Textarea({"rows": 4, "class": "mono", "spellcheck": "false"}),
        help_text='Values to try it with, such as {"name": "Ada"}.',
    )
    model = forms.ChoiceField(required=False, help_text="Where the job names none.")
    max_tokens = forms.IntegerField(label="Most tokens", required=False, min_value=1, max_value=128_000)
    temperature = forms.FloatField(required=False, min_value=0, max_value=2)
    note = forms.CharField(label="What is new", required=False, max_length=200)

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [*model_names.aliases(organization.pk), *model_names.models(organization.pk)]
        if (chosen := self.initial.get("model")) and chosen not in named:
            named.append(chosen)
        field: Any = self.fields["model"]
        field.choices = [("", "The job's, or the usual one"), *((name, name) for name in named)]

    def words(self) -> Words:
        """Of a valid form. Raises Invalid naming the field."""
        given = {name: self.cleaned_data[name] for name in WordsForm.base_fields}
        return Words.parse({**given, "test_input": given["test_input"] or {}})


class PromptForm(WordsForm):
    """A prompt with its first version."""

    name = forms.CharField(max_length=100)
    description = forms.CharField(required=False, max_length=500)
    field_order = ("name", "description")


@require_safe
def listing(request: HttpRequest, organization: str) -> HttpResponse:
    actor, found = _entered(request, organization, Capability.VIEW_JOBS)
    search, archived = request.GET.get("q", "").strip().replace("\0", ""), bool(request.GET.get("archived"))
    chosen = {"q": search, "archived": "1" if archived else ""}
    page = Paginator(prompts_of(found.pk, search=search, archived=archived), _PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        **_context(actor, found),
        "page": page,
        "search": search,
        "archived": archived,
        "query": f"?{urlencode({name: value for name, value in chosen.items() if value})}",
    }
    return render(request, "inference/prompts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, organization: str) -> HttpResponse:
    """A POST with `draft` comes from the playground: what was tried there fills in the form."""
    actor, found = _entered(request, organization, Capability.RUN_JOBS)
    draft = request.POST if "draft" in request.POST else None
    posted = request.POST if request.method == "POST" and draft is None else None
    form = PromptForm(found, posted, initial=_drafted(draft) if draft else {})
    if form.is_valid():
        try:
            about = {name: form.cleaned_data[name] for name in ("name", "description")}
            made = prompts.create(organization=found, actor=actor, words=form.words(), **about)
        except PlumblineError as error:
            blame(form, error)
        else:
            messages.success(request, f"The prompt {made.name} is kept.")
            return redirect("prompt", found.slug, made.slug)
    context = {**_context(actor, found), "form": form, "heading": "New prompt", "submit": "Keep prompt"}
    return render(request, "inference/prompt_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, organization: str, prompt: str) -> HttpResponse:
    """The prompt; a POST renames or describes it."""
    needed = Capability.RUN_JOBS if request.method == "POST" else Capability.VIEW_JOBS
    actor, found = _entered(request, organization, needed)
    chosen = access.prompt(found, slug=prompt)
    form = _AboutForm(request.POST or None, initial={"name": chosen.name, "description": chosen.description})
    if request.method == "POST" and form.is_valid():
        prompts.change(prompt=chosen, actor=actor, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("prompt", found.slug, chosen.slug)
    page = Paginator(versions_of(chosen), _PAGE).get_page(request.GET.get("page"))
    context = {**_context(actor, found), "prompt": chosen, "page": page, "form": form}
    return render(request, "inference/prompt.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def new_version(request: HttpRequest, organization: str, prompt: str) -> HttpResponse:
    """Begins with the words of `from`, else of the newest version."""
    actor, found = _entered(request, organization, Capability.RUN_JOBS)
    chosen = access.prompt(found, slug=prompt)
    posted = request.POST if request.method == "POST" else None
    form = WordsForm(found, posted, initial=_of_version(_version(chosen, request.GET.get("from", ""))))
    if form.is_valid():
        try:
            made = prompts.add_version(prompt=chosen, actor=actor, words=form.words())
        except PlumblineError as error:
            blame(form, error)
        else:
            messages.success(request, f"Version {made.number} is what jobs run from now on.")
            return redirect("prompt", found.slug, chosen.slug)
    context = {
        **_context(actor, found),
        "prompt": chosen,
        "form": form,
        "heading": f"New version of {chosen.name}",
        "submit": "Keep version",
    }
    return render(request, "inference/prompt_form.html", context, status=422 if form.errors else 200)


@require_POST
def archive(request: HttpRequest, organization: str, prompt: str) -> HttpResponse:
    """With `back`, take it back."""
    actor, found = _entered(request, organization, Capability.RUN_JOBS)
    chosen = access.prompt(found, slug=prompt)
    archived = "back" not in request.POST
    prompts.change(prompt=chosen, actor=actor, archived=archived)
    messages.success(request, f"{chosen.name} is {'archived' if archived else 'in use again'}.")
    return redirect("prompt", found.slug, chosen.slug)


class _AboutForm(forms.Form):
    name = forms.CharField(max_length=100)
    description = forms.CharField(required=False, max_length=500)


def _entered(request: HttpRequest, organization: str, capability: Capability) -> tuple[Actor, Organization]:
    actor = Actor.of(request)
    return actor, accounts_access.organization(actor, slug=organization, capability=capability)


def _context(actor: Actor, organization: Organization) -> dict[str, Any]:
    may_run = Capability.RUN_JOBS in actor.capabilities_in(organization.pk)
    return {"organization": organization, "section": "prompts", "may_run": may_run}


def _version(prompt: PromptTemplate, number: str) -> PromptVersion:
    """The one of this number, or the newest."""
    if number.isdecimal():
        return access.prompt_version(prompt, number=int(number[:10]))
    return prompt.versions.latest("number")


def _of_version(version: PromptVersion) -> dict[str, Any]:
    return {
        **{name: getattr(version, name) for name in ("system", "text", "max_tokens", "temperature")},
        "test_input": version.test_input,
        "model": version.asked_model,
    }


def _drafted(given: Any) -> dict[str, Any]:
    return {
        "system": given.get("system", ""),
        "text": given.get("prompt", ""),
        "model": given.get("model_0", ""),
        "max_tokens": given.get("max_tokens", ""),
        "temperature": given.get("temperature", ""),
    }
