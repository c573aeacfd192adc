"""Connections and findings as files: CSV, JSON Lines, Parquet.

    open_results(path) -> Results      takes what a selection chooses, in either speed (`query.selection.Taker`)

Two files: one row for each connection in the one that was named, and one for each finding in its neighbour
(`x.csv`, `x.findings.csv`). Columns are `query.fields`' and stable (`table`). Of a small capture rows are in the order
of the connections' numbers; of a large one in that in which they leave the table, block by block, so memory does not
grow.
"""
