"""What staff change in the staff admin is in the audit log: of an organization, or of the installation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.access import Actor
from accounts.audited import NOWHERE_IN_PARTICULAR, Action, Place, Target
from accounts.services import audit


@dataclass(frozen=True, slots=True)
class Audited:
    """Which actions are noted, and which fields of the object; None where the admin does not do it."""

    changed: Action
    fields: Sequence[str]
    created: Action | None = None
    deleted: Action | None = None


class AuditedAdmin:
    """A mixin of a ModelAdmin, in front of it. Whatever else is saved, `audited` says what is noted."""

    audited: ClassVar[Audited]

    def organization_id_of(self, obj: Any) -> int | None:
        """The organization in whose log it belongs; None for the installation's."""
        raise NotImplementedError

    def place_of(self, obj: Any) -> Place:  # noqa: ARG002 (for those that are of a project)
        return NOWHERE_IN_PARTICULAR

    def target_of(self, obj: Any) -> Target:
        return Target(obj.pk, str(obj))

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: bool) -> None:
        before = self._values(obj) if change else {}
        super().save_model(request, obj, form, change)  # type: ignore[misc]  # the ModelAdmin's
        changed = audit.differing(before, self._values(obj))
        if change and changed:
            self._note(request, self.audited.changed, obj, *changed)
        elif not change and self.audited.created is not None:
            self._note(request, self.audited.created, obj, None, self._values(obj))

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        if self.audited.deleted is not None:
            self._note(request, self.audited.deleted, obj, self._values(obj), None)
        super().delete_model(request, obj)  # type: ignore[misc]  # the ModelAdmin's

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        for obj in queryset:
            self.delete_model(request, obj)

    def _values(self, obj: Model) -> dict[str, Any]:
        """The fields as the database has them."""
        found = type(obj)._base_manager.filter(pk=obj.pk).values(*self.audited.fields).first()
        return dict(found or {})

    def _note(
        self,
        request: HttpRequest,
        action: Action,
        obj: Model,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> None:
        audit.record(
            action=action,
            actor=Actor.of_staff(request),
            organization_id=self.organization_id_of(obj),
            target=self.target_of(obj),
            place=self.place_of(obj),
            before=before,
            after=after,
        )
