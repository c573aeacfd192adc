"""The programs of the tutorials, and what it takes to run them beside a capture.

Start with `tcp_hello.py`: it is a tutorial's program with one addition, the `End` it is handed.

    demo.py        what a demo is: a name, two programs, a lesson
    catalogue.py   all of them
    runner.py      runs both ends in threads, bounded in time
    stage.py       the sockets and the words that the programs are handed
    trouble.py     what went wrong, in words

This room opens ordinary sockets and nothing else: it captures nothing, and it never learns what its
programs did on the wire.
"""

from inspector.demos.catalogue import catalogue, find
from inspector.demos.demo import Demo, Option, Said
from inspector.demos.runner import Outcome, choose_ports, run

__all__ = ["Demo", "Option", "Outcome", "Said", "catalogue", "choose_ports", "find", "run"]
