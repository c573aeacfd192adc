"""Shows, proves and grades what TCP and UDP really did on the wire.

The floors, from the ground up (imports point down only; `lint-imports` holds us to it):

0. `errors`, `compiled`, `columns`, `pairs`, `findings`: what every room stands on
1. `wire`: bytes to segments and back; no memory
2. `tcp`, `udp`: what the segments mean. The edge: `capture`, `demos`, `referee`, which alone touch the system
3. `expect`: expected sequences, and every difference from them
4. `report`: results as text, JSON and pages
5. `pipeline`: the way from a capture to a report, on one page
6. `cli`: words in, exit code out

Nothing is exported here: import the room that you need.
"""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
