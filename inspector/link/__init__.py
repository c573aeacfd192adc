"""A private network of two hosts and a wire between them that obeys a script.

    script.py     the rules as text: `drop SYN once; hold FIN until FIN`
    matching.py   which rule acts on a frame; what a wire remembers of its connections
    wire.py       forwards frames, or does not, and is the capture at the same time
    network.py    the hosts: network namespaces made by this process, veth pairs, addresses

A script does the same to the same segments every time: it counts segments and watches for segments, and only `delay`
and `duplicate` look at a clock. What it does is written into the capture, frame by frame.

Not here: who runs on the hosts (`demos`, or a command of the user's), and what the segments mean (`tcp/`).
"""

from __future__ import annotations

from inspector.link.network import Host, Network
from inspector.link.script import Action, Rule, Script, parse_script
from inspector.link.wire import Wire

__all__ = ["Action", "Host", "Network", "Rule", "Script", "Wire", "parse_script"]
