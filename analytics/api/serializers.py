"""What the query API shows of analytics."""

from rest_framework import serializers

from accounts.models import Organization
from analytics.models import Project


class ProjectSerializer(serializers.ModelSerializer[Project]):
    organization = serializers.SlugRelatedField[Organization](slug_field="slug", read_only=True)

    class Meta:
        model = Project
        fields = ("id", "organization", "name", "slug", "time_zone", "first_weekday", "created_at")
        read_only_fields = fields
