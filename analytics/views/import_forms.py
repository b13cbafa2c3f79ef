"""The forms of an import: which file of which kind, and what its columns are."""

import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from pydantic import ValidationError

from analytics.ingestion.files import readers
from analytics.ingestion.files.formats import Format
from analytics.models import Import

FORMATS: Mapping[Format, str] = {
    Format.CSV: "Table (CSV)",
    Format.NDJSON: "Events as JSON lines (ours, Segment's, or an export of Plumbline)",
    Format.COMBINED_LOG: "Access log of Apache or nginx (combined format)",
    Format.PLAUSIBLE: "Plausible: the zip of a site's export",
    Format.MATOMO: "Matomo: visits as JSON (Live.getLastVisitsDetails)",
    Format.UMAMI: "Umami: website_event.csv, or the zip of an export",
}
_COLUMN = "column_"
_LABELS = {
    "event": ("The event's name", "Or name all events below."),
    "time": ("When it happened", "Without it, events happen now."),
    "user_id": ("User id", "Who it was; this or the anonymous id is needed."),
    "anonymous_id": ("Anonymous id", "A visitor, device or session."),
    "message_id": ("Message id", "Tells events apart; without it, the line does."),
}
_TEXTS = ("event", "time_zone", "time_format", "encoding", "host")


class UploadForm(forms.Form):
    format = forms.ChoiceField(
        label="What it is", choices=[(kind.value, label) for kind, label in FORMATS.items()]
    )
    file = forms.FileField(help_text="Plain, gzip or zip.")


class OptionsForm(forms.Form):
    """Its fields are those of the import's format; a table's columns are offered by name."""

    keep_bots = forms.BooleanField(label="Keep events of bots", required=False)

    def __init__(self, item: Import, columns: Sequence[str], data: QueryDict | None) -> None:
        given = item.options
        super().__init__(data, initial={**given, **_columns(given)})
        self.kind = Format(item.format)
        if self.kind is Format.CSV:
            self._add_columns(columns)
        if self.kind is Format.COMBINED_LOG:
            self.fields["host"] = forms.CharField(
                label="The site's host",
                required=False,
                max_length=500,
                help_text="For example www.example.com: then its own pages are not taken for referrers.",
            )
        if self.kind in {Format.PLAUSIBLE, Format.MATOMO, Format.UMAMI}:
            del self.fields["keep_bots"]

    def _add_columns(self, columns: Sequence[str]) -> None:
        choices = [("", "– none –"), *((name, name) for name in columns)]
        for target, (label, text) in _LABELS.items():
            self.fields[_COLUMN + target] = forms.ChoiceField(
                label=label, choices=choices, required=False, help_text=text
            )
        self.fields["event"] = forms.CharField(
            label="One name for all events", required=False, max_length=200, help_text="For example: Purchase."
        )
        zones = sorted(zoneinfo.available_timezones())
        self.fields["time_zone"] = forms.ChoiceField(
            label="Zone of times that name none",
            choices=[("", "The project's"), *((zone, zone.replace("_", " ")) for zone in zones)],
            required=False,
        )
        self.fields["time_format"] = forms.CharField(
            label="Form of the times",
            required=False,
            max_length=100,
            help_text="As strptime has it, for example %d.%m.%Y %H:%M; without it, ISO 8601.",
        )
        self.fields["encoding"] = forms.CharField(
            label="Encoding", required=False, max_length=40, help_text="utf-8, latin-1, …"
        )
        self.order_fields([*(_COLUMN + target for target in _LABELS), "event", *_TEXTS[1:4], "keep_bots"])

    def chosen(self) -> dict[str, Any] | None:
        """The options that were sent, as a reader takes them; None where none were, or they are not valid."""
        if not self.is_valid():
            return None
        columns = {
            name.removeprefix(_COLUMN): value
            for name, value in self.cleaned_data.items()
            if name.startswith(_COLUMN) and value
        }
        texts = {name: self.cleaned_data[name] for name in _TEXTS if self.cleaned_data.get(name)}
        found = {"keep_bots": self.cleaned_data.get("keep_bots", False), "columns": columns, **texts}
        try:
            return readers.options_of(self.kind, found).model_dump(mode="json", exclude_defaults=True)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_context=False, include_input=False):
                name = str(item["loc"][0]) if item["loc"] else ""
                self.add_error(name if name in self.fields else None, item["msg"].removeprefix("Value error, "))
            return None


def _columns(options: Mapping[str, Any]) -> dict[str, str]:
    return {_COLUMN + target: column for target, column in options.get("columns", {}).items()}
