"""The form of a batch: a table, which column of it is read, and what is asked of each row."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.errors import PlumblineError
from inference.batching import MOST_ITEMS, as_input
from inference.choices import Task
from inference.kinds.base import LONGEST_TEXT
from inference.models import PromptVersion
from inference.prompting import variables

# A chat has no single text to take from a row.
_TASKS = (Task.SUMMARIZE, Task.CLASSIFY, Task.EXTRACT, Task.GENERATE)
_LARGEST_FILE = 20 * 2**20
# Errors of the request that a person can do something about, at the field of the form that they come from.
_FIELDS = {
    "prompt.slug": "prompt",
    "prompt.version": "prompt",
    "shared.labels": "labels",
    "shared.schema": "schema",
    "shared.instructions": "words",
    "shared.system": "words",
}


class Row(NamedTuple):
    """A row of a table; `line` is that of the file where it ends."""

    line: int
    cells: list[str]


class OptionalJSON(forms.JSONField):
    """JSON whose absence is an empty field, not the word null."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


class BatchForm(forms.Form):
    task = forms.TypedChoiceField(
        choices=[(task.value, task.label) for task in _TASKS],
        coerce=Task,
        help_text="Done with each row by itself.",
    )
    file = forms.FileField(
        label="Table (CSV)",
        help_text=f"Its first line names the columns. Up to {MOST_ITEMS:,} rows.",
        widget=forms.ClearableFileInput({"accept": ".csv,text/csv", "data-columns-for": "column-names"}),
    )
    prompt = forms.ChoiceField(
        label="Stored prompt",
        required=False,
        help_text="To generate: the columns are its variables, by their names. Others are left out.",
    )
    column = forms.CharField(
        label="Column with the text",
        required=False,
        max_length=200,
        help_text="As the first line has it. Without it, the first column.",
        widget=forms.TextInput({"list": "column-names"}),
    )
    name = forms.CharField(required=False, max_length=200, help_text="Yours, to know it by.")
    labels = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3}),
        help_text="To classify: one label a line.",
    )
    schema = OptionalJSON(
        label="JSON Schema",
        required=False,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
        help_text="To extract: what the object looks like.",
    )
    words = forms.CharField(
        label="Your instructions",
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 3}),
        help_text="To extract or generate: what is wanted of each row.",
    )

    def __init__(self, *args: Any, prompts: Sequence[PromptVersion] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {version.template.slug: version for version in prompts}
        choice: Any = self.fields["prompt"]
        choice.choices = [("", "None: the text itself is the prompt"), *map(_choice, prompts)]

    def clean_file(self) -> list[Row]:
        """The rows, with that of the names."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > _LARGEST_FILE:
            raise forms.ValidationError(f"The file is larger than {_LARGEST_FILE // 2**20} MB.")
        try:
            rows = list(_rows(file.read().decode("utf-8-sig")))
        except UnicodeDecodeError as error:
            raise forms.ValidationError("The file is not UTF-8.") from error
        except csv.Error as error:
            raise forms.ValidationError(f"The file is no table: {error}.") from error
        if len(rows) < 2:
            raise forms.ValidationError("The file has no row below its names.")
        return rows

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        rows, column = found.get("file"), (found.get("column") or "").strip()
        if rows and column and column not in rows[0].cells:
            self.add_error("column", f"The file has these: {', '.join(rows[0].cells[:20])}.")
        if rows and (version := self._version(found)):
            lacking = [name for name in variables(version.text) if name not in rows[0].cells]
            if lacking:
                self.add_error("prompt", f"The file has no column for: {', '.join(lacking)}.")
        return found

    def request(self) -> dict[str, Any]:
        """The body that the API would get."""
        given = self.cleaned_data
        task: Task = given["task"]
        names, *rows = given["file"]
        if version := self._version(given):
            return {
                "task": task.value,
                "name": given["name"],
                "prompt": {"slug": version.template.slug, "version": version.number},
                "inputs": [_values(variables(version.text), names, row) for row in rows],
            }
        place = names.cells.index(given["column"].strip()) if given["column"].strip() else 0
        texts = [row.cells[place] if place < len(row.cells) else "" for row in rows]
        return {
            "task": task.value,
            "name": given["name"],
            "shared": self._shared(task),
            "inputs": [as_input(task, text) for text in texts],
        }

    def blame(self, error: PlumblineError) -> None:
        """Say what is wrong, beside the field that it comes from."""
        if not error.fields:
            self.add_error(None, error.message)
        for item in error.fields[:10]:
            place = item.field.split(".")
            if place[0] == "inputs" and len(place) > 1:
                row = self.cleaned_data["file"][int(place[1]) + 1]
                self.add_error(None, f"Line {row.line} of the file: {item.message}")
            else:
                name = _FIELDS.get(".".join(place[:2]), item.field)
                self.add_error(name if name in self.fields else None, item.message)

    def _version(self, given: dict[str, Any]) -> PromptVersion | None:
        """What is run, where a prompt is chosen for a task that runs one."""
        return self.known.get(given.get("prompt", "")) if given.get("task") is Task.GENERATE else None

    def _shared(self, task: Task) -> dict[str, Any]:
        given = self.cleaned_data
        match task:
            case Task.CLASSIFY:
                return {"labels": [line.strip() for line in given["labels"].splitlines() if line.strip()]}
            case Task.EXTRACT:
                return {"schema": given["schema"] or {}, "instructions": given["words"]}
            case Task.GENERATE:
                return {"system": given["words"]}
        return {}


def _choice(version: PromptVersion) -> tuple[str, str]:
    names = ", ".join(variables(version.text)) or "no variables"
    return version.template.slug, f"{version.template.name}, version {version.number}: {names}"


def _values(wanted: Sequence[str], names: Row, row: Row) -> dict[str, str]:
    cells = dict(zip(names.cells, row.cells, strict=False))
    return {name: cells.get(name, "") for name in wanted}


def _rows(text: str) -> Iterator[Row]:
    """Rows that have something in them."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield Row(reader.line_num, cells)
