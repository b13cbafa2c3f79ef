"""The shapes of prompts in the API."""

from typing import TYPE_CHECKING

from rest_framework import serializers

from inference.models import PromptTemplate, PromptVersion
from inference.prompting import Words, variables

if TYPE_CHECKING:
    Input = serializers.Serializer[None]
else:
    Input = serializers.Serializer


class VersionSerializer(serializers.ModelSerializer[PromptVersion]):
    """A version, which never changes."""

    model = serializers.SerializerMethodField(help_text="As a job can name it; empty for the job's own.")
    variables = serializers.SerializerMethodField(help_text="The names of those that its text has.")

    class Meta:
        model = PromptVersion
        fields = (
            "number",
            "system",
            "text",
            "variables",
            "test_input",
            "model",
            "max_tokens",
            "temperature",
            "note",
            "created_at",
        )
        read_only_fields = fields

    def get_model(self, version: PromptVersion) -> str:
        return version.asked_model

    def get_variables(self, version: PromptVersion) -> list[str]:
        return variables(version.text)


class PromptSummarySerializer(serializers.ModelSerializer[PromptTemplate]):
    """A prompt in a list."""

    version = serializers.IntegerField(source="newest", read_only=True, help_text="The number of the newest.")

    class Meta:
        model = PromptTemplate
        fields: tuple[str, ...] = ("slug", "name", "description", "version", "created_at", "archived_at")
        read_only_fields: tuple[str, ...] = fields


class PromptSerializer(serializers.ModelSerializer[PromptTemplate]):
    """A prompt with its versions, newest first."""

    versions = VersionSerializer(many=True, read_only=True)

    class Meta:
        model = PromptTemplate
        fields = ("slug", "name", "description", "created_at", "archived_at", "versions")
        read_only_fields = fields


class PromptChange(Input):
    """What is left out stays as it is."""

    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=500, allow_blank=True, required=False)
    archived = serializers.BooleanField(required=False)


class NewPrompt(Words):
    """A prompt with the words of its first version."""

    name: str
    slug: str = ""
    description: str = ""
