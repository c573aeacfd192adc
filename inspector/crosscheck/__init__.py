"""The same capture through tshark beside ours: field by field, with a reason for every known difference.

    reading.py      our side: connections with all their segments
    comparison.py   the comparison: `cross_check(source, read(path), bulk_opinions(path), tshark=...)`
    streams.py      which stream is which connection, and the words for the whole
    reasons.py      the catalogue of known differences: stable names, and their words
    rules.py        how each of them is known; `place.py` is what a rule may ask
    model.py        what is found: `CrossCheck`

Law: it knows tshark's words as values (`referee.opinion`) and starts no program. How tshark is asked is the referee's.
"""

from __future__ import annotations

__all__: list[str] = []
