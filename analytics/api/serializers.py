"""What the query API shows of analytics."""

from rest_framework import serializers

from accounts.models import Organization
from analytics.models import Project, Site


class ProjectSerializer(serializers.ModelSerializer[Project]):
    organization = serializers.SlugRelatedField[Organization](slug_field="slug", read_only=True)

    limited = serializers.BooleanField(
        source="is_limited", help_text="To chosen members, besides owners and admins.", read_only=True
    )

    class Meta:
        model = Project
        fields = ("id", "organization", "name", "slug", "time_zone", "first_weekday", "limited", "created_at")
        read_only_fields = fields


class SiteSerializer(serializers.ModelSerializer[Site]):
    class Meta:
        model = Site
        fields = ("id", "name", "created_at")
        read_only_fields = fields


class SiteInput(serializers.Serializer[Site]):
    name = serializers.CharField(max_length=500, help_text="A domain such as example.com, or a website's id.")
