"""The cheapest way to give things to places, one each: the Hungarian method, its inner loop in numpy.

`cheapest(costs)` gives for each row of a table, which has no more rows than columns, a column of its own, so that the
sum of their costs is the least; it is always the same for the same table. O(rows^2 x columns), of which rows^2 steps
are Python's (what `connections` allows, 200 rows and 1,200 columns, is measured there). Not a library's:
SciPy has this function, and would be forty megabytes for the sake of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cheapest"]

_FAR = 1 << 62


def cheapest(table: Sequence[Sequence[int]]) -> list[int]:
    """The column of each row. Costs may be negative; their sums must stay below 2^62."""
    import numpy as np  # what needs none of this does not wait for it

    if not table:
        return []
    costs = np.array(table, np.int64)
    rows, size = costs.shape
    # Row and column 0 are nobody's: the row that is being placed starts there.
    of_rows, of_columns = np.zeros(rows + 1, np.int64), np.zeros(size + 1, np.int64)
    taken_by = np.zeros(size + 1, np.int64)
    came_from = np.zeros(size + 1, np.int64)
    for row in range(1, rows + 1):
        taken_by[0] = row
        column = 0
        slack = np.full(size + 1, _FAR, np.int64)
        seen = np.zeros(size + 1, np.bool_)
        while taken_by[column]:
            seen[column] = True
            here = taken_by[column]
            reduced = costs[here - 1] - of_rows[here] - of_columns[1:]
            better = ~seen[1:] & (reduced < slack[1:])
            slack[1:][better] = reduced[better]
            came_from[1:][better] = column
            following = int(np.argmin(np.where(seen, _FAR, slack)))
            step = slack[following]
            of_rows[taken_by[seen]] += step
            of_columns[seen] -= step
            slack[~seen] -= step
            column = following
        while column:
            before = int(came_from[column])
            taken_by[column] = taken_by[before]
            column = before
    columns = [0] * rows
    for column in range(1, size + 1):
        if taken_by[column]:
            columns[int(taken_by[column]) - 1] = column - 1
    return columns
