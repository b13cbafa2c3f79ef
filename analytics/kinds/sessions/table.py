"""Sessions as a table: a row for each line and interval, and one for each bucket. No Django here."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from analytics.kinds.sessions.result import SessionsResult
from analytics.kinds.tables import by_interval, group_columns


def rows(result: SessionsResult) -> Iterator[Mapping[str, Any]]:
    parts = [("whole", result.whole), *(("other" if line.other else "group", line) for line in result.groups)]
    for part, line in parts:
        about = {"part": part, **group_columns(line.group)}
        yield from by_interval(about, result.intervals, line.points, line.previous_points)
    for part, buckets in (("durations", result.durations), ("depths", result.depths)):
        for bucket in buckets:
            own = asdict(bucket)
            yield {"part": part, "from": own.pop("start"), "to": own.pop("end"), **own}
