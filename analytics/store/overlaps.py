"""Which segment files have the same events, as an old one and what it was merged into. No Django here."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from analytics.store.connection import Limits, cursor, literal

# Message ids that are held in memory at once.
AT_ONCE = 2_000_000


def shared(files: Sequence[Path], rows: int, limits: Limits) -> Counter[frozenset[Path]]:
    """How many message ids each set of files has in common; a set is all files that have the id.

    `rows` is how many there are in all: ids are looked at in shares, so that memory does not grow with the files.
    """
    found: Counter[frozenset[Path]] = Counter()
    if len(files) < 2:
        return found
    names = ", ".join(literal(str(path)) for path in files)
    shares = rows // AT_ONCE + 1
    for share in range(shares):
        with cursor(limits) as own:
            counted = own.execute(f"""
                SELECT files, count(*) FROM (
                    SELECT list(DISTINCT filename ORDER BY filename) AS files
                    FROM read_parquet([{names}], filename = true)
                    WHERE hash(message_id) % {shares} = {share}
                    GROUP BY message_id HAVING count(DISTINCT filename) > 1
                ) GROUP BY files
            """).fetchall()  # noqa: S608 (names of files are quoted)
        for paths, count in counted:
            found[frozenset(map(Path, paths))] += count
    return found
