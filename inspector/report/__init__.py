"""Results for people and for programs.

Every report is a pure function of one `Inspection`: it reads no file, no clock and no environment, and
returns what it made. Only `cli/` prints.

* `inspection`: the whole result of one run, which the pipeline fills in.
* `terminal`: the picture. `ladder` and `datagrams` draw one conversation, `folding` decides what of it is shown,
  `tables` serves the runs that have too many, `page` knows width, glyphs and colour, `symbols` and
  `words` how numbers and times are written.
* `json_report`: the same for programs, with its JSON Schema.
* `escape`: the one door for everything that a capture brought.

Not here, and with room to come: Markdown, HTML, JUnit, annotated pcapng.
"""

from __future__ import annotations
