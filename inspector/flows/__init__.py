"""What the folds of TCP and UDP share: who talks with whom, which frame is a copy, and the tables of both.

* `pairs`: a hash table of endpoint pairs, whichever of the two speaks
* `copies`: the one rule for frames that the capture holds twice
* `follower`: owns a fold's tables, feeds it rows in either form, and keeps rows for display

Nothing here knows a flag or a label. A *flow* is what passes between a pair of endpoints.
"""

from __future__ import annotations
