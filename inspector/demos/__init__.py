"""The programs of the tutorials and of the textbooks' situations, and what it takes to run them beside a capture.

Start with `basics/tcp_hello.py`: it is a tutorial's program with one addition, the `End` it is handed.

    basics/        first conversations
    opening/       how a connection begins, and how it fails to
    closing/       how it ends, orderly in every form, and not
    living/        what happens in between
    datagrams/     UDP, and what a program learns of the fate of a datagram

    demo.py        what a demo is: a name, two programs, a lesson
    catalogue.py   all of them
    runner.py      runs both ends in threads, bounded in time
    end.py         what the programs are handed: sockets, signals, words
    stage.py       one run: what ends it, and the queue of all that happens
    trouble.py     what went wrong, in words

This room opens ordinary sockets and nothing else: it captures nothing, and it never learns what its
programs did on the wire.
"""

from inspector.demos.catalogue import catalogue, find
from inspector.demos.demo import Demo, Option, Said
from inspector.demos.runner import Outcome, choose_ports, run

__all__ = ["Demo", "Option", "Outcome", "Said", "catalogue", "choose_ports", "find", "run"]
