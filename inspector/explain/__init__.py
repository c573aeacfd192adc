"""What a word means: an address, a port, a flag, a state, a label, a finding, or what other tools call a connection.

    answer(["TIME_WAIT", "192.168.1.77/24"], System(...)) -> explanations, and the words of which nothing is known

* `entries/`: what there is to say, as data: a file for each kind, a table for each name. The texts are English, and are
  looked up in another language where they are shown; no sentence about a name stands in code.
* `catalogue`: reads them, and finds them by any spelling, or by their identifier (`close.unanswered`), which stays.
* `severity`: how grave a thing is, and who is to blame.
* `addresses`, `ports`, `flags`, `states`, `tools`: what is worked out: the network of a prefix, the range of a port,
  the numbers that flags cost, the ways out of a state (read off `tcp.states`), what a sum or a history holds.
* `answer`: from the words of a user to all of their meanings.

And what a segment means, in its connection:

* `numbers`, `beliefs`, `roles`: why a number is this one, what each end believes, who is client.
* `frame` (with `headers`, `segment`, `both_ends`): one frame in full. `lessons`: which entry a segment can teach.
* `dialogue` (with `sentences`, `turns`), `exchange_told`: a conversation in the words of its ends.

Laws: whatever the code can say has an entry, and no entry is for what it cannot say (a test reads both lists); each
entry of the catalogue, which is what inspector says of a capture, has a short line, four lines of explanation that fit
a terminal (what was seen - the rule - why it matters - how to see or cure it), and a capture that shows it; this room
asks the system nothing, it is told (`model.System`); it neither prints nor escapes, which is for `report/`.
"""

from __future__ import annotations
