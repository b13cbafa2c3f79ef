"""The forms of the playground: one for each task, each giving the input that the API would get."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from inference.choices import Task
from inference.models import Job

_MODELS = ("Model", "Second model", "Third model")
MOST_MODELS = len(_MODELS)
_CHARACTERS = 200_000
_USUAL = "What the provider does by itself, unless given."


def _text(label: str, rows: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=_CHARACTERS, widget=forms.Textarea({"rows": rows}), **more)


def _number(label: str, most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most, required=False, **more)


class JsonField(forms.JSONField):
    """Shown with line breaks, as people read it."""

    def prepare_value(self, value: Any) -> Any:
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


class PlayForm(forms.Form):
    """What all tasks have: up to three models, and what an earlier job was given beside this form's fields."""

    # Of the input, in fields of their own.
    texts: ClassVar[Sequence[str]] = ()
    numbers: ClassVar[Sequence[str]] = ()
    task: ClassVar[Task]

    once = forms.CharField(max_length=64, widget=forms.HiddenInput)
    kept = forms.JSONField(required=False, widget=forms.HiddenInput)
    project = forms.ChoiceField(required=False, help_text="Whose rules and budget hold.")

    def __init__(
        self, *args: Any, models: Sequence[str], projects: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for place in range(MOST_MODELS):
            self.fields[f"model_{place}"] = forms.ChoiceField(
                label=_MODELS[place],
                choices=[("", "Nobody else" if place else "The usual one"), *((name, name) for name in models)],
                required=False,
            )
        choice: Any = self.fields["project"]
        choice.choices = [("", "The whole organization"), *projects]

    @property
    def text_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.texts]

    @property
    def model_fields(self) -> list[forms.BoundField]:
        return [self[f"model_{place}"] for place in range(MOST_MODELS)]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in (*self.numbers, "project")]

    @property
    def hidden(self) -> dict[str, Any]:
        """What an earlier job was given beside; a conversation's turns are shown elsewhere."""
        value = self["kept"].value()
        try:
            found = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def clean_kept(self) -> dict[str, Any]:
        given = self.cleaned_data["kept"]
        if not isinstance(given, dict | None):
            raise forms.ValidationError("Begin again: the page was changed.")
        return given or {}

    def input(self) -> dict[str, Any]:
        """Of a valid form; the task's own rules are checked with the request."""
        given = {name: self.cleaned_data[name] for name in (*self.texts, *self.numbers)}
        return {**self.cleaned_data["kept"], **{name: one for name, one in given.items() if one not in (None, "")}}

    def bodies(self) -> list[dict[str, Any]]:
        """A request for each model that was chosen, none of them twice."""
        chosen = [self.cleaned_data[f"model_{place}"] for place in range(MOST_MODELS)]
        project = self.cleaned_data["project"] or None
        names = dict.fromkeys([chosen[0], *(name for name in chosen[1:] if name)])
        return [{"task": self.task, "input": self.input(), "model": name, "project": project} for name in names]

    @classmethod
    def initial_of(cls, job: Job) -> dict[str, Any]:
        """The form that would create such a job."""
        own = {*cls.texts, *cls.numbers}
        return {
            **{name: value for name, value in job.input.items() if name in own},
            "kept": {name: value for name, value in job.input.items() if name not in own and value},
            "project": job.project.slug if job.project else "",
        }


class GenerateForm(PlayForm):
    task = Task.GENERATE
    texts, numbers = ("system", "prompt"), ("max_tokens", "temperature")
    system = _text("How to answer", 2, required=False, help_text="Said to the model before the prompt.")
    prompt = _text("Prompt", 8)
    max_tokens = _number("Most tokens", 128_000, help_text=_USUAL)
    temperature = forms.FloatField(
        min_value=0, max_value=2, required=False, help_text="0 is steady, higher is more varied."
    )


class SummarizeForm(PlayForm):
    task = Task.SUMMARIZE
    texts, numbers = ("text",), ("max_sentences",)
    text = forms.CharField(widget=forms.Textarea({"rows": 10}))
    max_sentences = _number("Most sentences", 20, initial=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = not self.hidden.get("texts")


class ClassifyForm(PlayForm):
    task = Task.CLASSIFY
    texts, numbers = ("text", "labels"), ("many", "max_tokens")
    text = _text("Text", 6)
    labels = _text("Labels", 4, help_text="One on a line; what it means may follow after a colon.")
    many = forms.BooleanField(label="Several labels may fit", required=False)
    max_tokens = _number("Most tokens", 128_000)

    def clean_labels(self) -> list[dict[str, str]]:
        lines = [line for line in self.cleaned_data["labels"].splitlines() if line.strip()]
        parts = [line.partition(":") for line in lines]
        return [{"name": name.strip(), "description": about.strip()} for name, _, about in parts]

    def input(self) -> dict[str, Any]:
        return {**super().input(), "many": self.cleaned_data["many"]}

    @classmethod
    def initial_of(cls, job: Job) -> dict[str, Any]:
        known = super().initial_of(job)
        lines = [": ".join(filter(None, (one["name"], one.get("description")))) for one in job.input["labels"]]
        return {**known, "labels": "\n".join(lines)}


class ExtractForm(PlayForm):
    task = Task.EXTRACT
    texts, numbers = ("text", "schema", "instructions"), ("max_tokens", "repairs")
    text = _text("Text", 6)
    schema = JsonField(
        label="JSON Schema",
        widget=forms.Textarea({"rows": 8, "class": "mono", "spellcheck": "false"}),
        initial={"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        help_text="Of the object that is wanted.",
    )
    instructions = _text("What is wanted", 2, required=False)
    max_tokens = _number("Most tokens", 128_000)
    repairs = forms.IntegerField(
        min_value=0, max_value=5, required=False, help_text="How often the model may correct its answer."
    )


class ChatForm(PlayForm):
    """One more turn; those before it go along in `kept`."""

    task = Task.CHAT
    texts, numbers = ("system", "message"), ("max_tokens", "temperature")
    system = _text("How to answer", 2, required=False, help_text="Said to the model before the conversation.")
    message = _text("Your message", 4)
    max_tokens = _number("Most tokens", 128_000, help_text=_USUAL)
    temperature = forms.FloatField(min_value=0, max_value=2, required=False)

    @property
    def turns(self) -> list[dict[str, Any]]:
        return list(self.hidden.get("messages", ()))

    def input(self) -> dict[str, Any]:
        given = super().input()
        system, message = given.pop("system", ""), given.pop("message")
        first = [{"role": "system", "content": system}] if system else []
        return {**given, "messages": [*first, *given.get("messages", ()), {"role": "user", "content": message}]}

    @classmethod
    def initial_of(cls, job: Job) -> dict[str, Any]:
        turns = list(job.input["messages"])
        system = [turn for turn in turns if turn["role"] == "system" and isinstance(turn.get("content"), str)]
        rest = [turn for turn in turns if turn not in system]
        known = super().initial_of(job)
        last = rest.pop() if rest and rest[-1]["role"] == "user" and isinstance(rest[-1]["content"], str) else None
        return {
            **known,
            "system": "\n\n".join(turn["content"] for turn in system),
            "message": last["content"] if last else "",
            "kept": {**known["kept"], "messages": [_said(turn) for turn in rest]},
        }

    @classmethod
    def initial_after(cls, job: Job) -> dict[str, Any]:
        """The form that goes on where such a job ended."""
        known = cls.initial_of(job)
        asked = [{"role": "user", "content": known["message"]}] if known["message"] else []
        answered = [{"role": "assistant", "content": job.output}] if job.output else []
        turns = [*known["kept"]["messages"], *asked, *answered]
        return {**known, "message": "", "kept": {**known["kept"], "messages": turns}}


def _said(turn: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in turn.items() if value not in (None, "", [])}


FORMS: dict[str, type[PlayForm]] = {
    form.task: form for form in (GenerateForm, ChatForm, SummarizeForm, ClassifyForm, ExtractForm)
}
