"""Which connections are meant, and what is told of each: one table of fields, and expressions over it.

    parse(text) -> Node          a safe expression: `handshake == "refused" and responder.port == 443`
    matches(node, reading)       its answer, for one connection or for columns of them
    FIELDS                       the one table behind `--where`, `--sort`, the columns of `--out`, and `--fields`

Both speeds of a replay are asked by the same functions: of a connection that is kept as an object a field reads one
integer, of a large capture a column of them (`tcp.account`), and Python's operators serve both.

Not here: how results are written (`export/`), and anything that prints.
"""
