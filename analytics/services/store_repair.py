"""Repair a segment: from its file, which is the truth where its checksum is right."""

from collections.abc import Mapping, Set

from django.db import transaction
from django.utils import timezone

from analytics.models import Manifest, Segment
from analytics.queries import storage
from analytics.store.columns import JSON_ONLY
from analytics.store.connection import cursor
from analytics.store.files import summary_path
from analytics.store.inspection import Fault, footer
from analytics.store.merge import summarize

SUMMARIES = {Fault.NO_SUMMARY, Fault.SUMMARY}
# What the manifest says wrongly of a file that is as it was written.
FACTS = {Fault.SIZE, Fault.ROWS, Fault.DAYS, Fault.COLUMNS}
BEYOND_REPAIR = {Fault.MISSING, Fault.UNREADABLE, Fault.CHECKSUM}


def repair_segment(*, segment: Segment, faults: Set[Fault], give_up: bool, repair: bool) -> Mapping[Fault, str]:
    """What was done about each fault; nothing of a fault that stays."""
    if Fault.MISSING in faults:
        return {Fault.MISSING: "given up"} if give_up and _give_up(segment) else {}
    if not repair or faults & BEYOND_REPAIR:
        return {}
    if faults & SUMMARIES:
        with cursor(storage.upkeep_limits()) as own:
            summarize(own, storage.path_of(segment))
    done = dict.fromkeys(faults & SUMMARIES, "rebuilt")
    return done | dict.fromkeys(faults & FACTS, "taken from the file") if _correct(segment) else done


@transaction.atomic
def _correct(segment: Segment) -> bool:
    """Have the manifest say of the file what is so; False where the file would have to stand elsewhere."""
    manifest = Manifest.objects.select_for_update().get(project_id=segment.project_id)
    path = storage.path_of(segment)
    found = footer(path)
    if (found.time_min.year, found.time_min.month) != (segment.first_day.year, segment.first_day.month):
        return False
    segment.first_day, segment.last_day = found.time_min.date(), found.time_max.date()
    segment.time_min, segment.time_max, segment.rows = found.time_min, found.time_max, found.rows
    kept = {JSON_ONLY} & set(segment.property_columns)
    segment.property_columns = sorted(found.property_columns | kept)
    segment.bytes = path.stat().st_size
    if segment.is_summarized:
        segment.bytes += summary_path(path).stat().st_size
    segment.save(
        update_fields=[
            "first_day",
            "last_day",
            "time_min",
            "time_max",
            "rows",
            "property_columns",
            "bytes",
        ]
    )
    _raise_version(manifest)
    return True


@transaction.atomic
def _give_up(segment: Segment) -> bool:
    """Take a segment without a file out of the manifest; the sweep deletes what is left of it."""
    manifest = Manifest.objects.select_for_update().get(project_id=segment.project_id)
    if storage.path_of(segment).exists():
        return False
    Segment.objects.live().filter(pk=segment.pk).update(retired_at=timezone.now())
    _raise_version(manifest)
    return True


def _raise_version(manifest: Manifest) -> None:
    manifest.version += 1
    manifest.save(update_fields=["version"])
