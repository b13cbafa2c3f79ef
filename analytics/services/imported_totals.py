"""Keep totals that another tool exported."""

import hashlib
from collections.abc import Sequence

import msgspec

from analytics.ingestion import cleaning
from analytics.ingestion.files.source import Total
from analytics.models import Import, ImportedTotal, Project

_encode = msgspec.json.Encoder(order="sorted").encode
_KEY = ("project", "tool", "topic", "day", "digest")


def keep(*, project: Project, totals: Sequence[Total], source: Import | None = None) -> None:
    """Write the totals; one of the same topic, day and labels is replaced, so that nothing counts twice."""
    rows = {}
    for total in totals:
        labels = {name: cleaning.storable(value) for name, value in total.labels.items()}
        digest = hashlib.blake2b(_encode(labels), digest_size=16).hexdigest()
        rows[total.topic, total.day, digest] = ImportedTotal(
            project=project,
            source=source,
            tool=total.tool,
            topic=total.topic,
            day=total.day,
            labels=labels,
            digest=digest,
            figures=dict(total.figures),
        )
    # In one order, so that two imports cannot wait for each other.
    ImportedTotal.objects.bulk_create(
        [rows[key] for key in sorted(rows)],
        update_conflicts=True,
        unique_fields=_KEY,
        update_fields=("labels", "figures", "source"),
    )
