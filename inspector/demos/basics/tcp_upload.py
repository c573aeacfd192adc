"""A file is uploaded, and the answer comes back over a connection that is half closed.

How does the server know that the file is at its end? The client says so with `shutdown(SHUT_WR)`: a FIN,
which means "I have finished sending" and no more. The other direction stays open, and the answer
travels on it. Had the client called `close` instead, nobody would be there to read the answer.
"""

from __future__ import annotations

from pathlib import Path
from socket import SHUT_WR, SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option
from inspector.errors import DemoError, system_words
from inspector.language import said

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "LARGEST", "client", "content_of", "server"]

LARGEST = 16 * 1024 * 1024


def server(end: End) -> None:
    """Read to the end of the file, answer, and close."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            size = 0
            while piece := connection.recv(65536):
                end.received(piece)
                size += len(piece)
            answer = f"Upload complete: {size} bytes".encode()
            end.sent(answer)
            connection.sendall(answer)


def client(end: End) -> None:
    """Send the file, finish sending, and read the answer to its end."""
    content = content_of(end)
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        end.sent(content)
        connection.sendall(content)
        connection.shutdown(SHUT_WR)
        while answer := connection.recv(1024):
            end.received(answer)


def content_of(end: End) -> bytes:
    """The file that was asked for, or `--size` bytes of generated text."""
    name = end.text("file")
    if not name:
        size = end.number("size")
        return b"".join(b"line %06d of the file\n" % number for number in range(1, size // 24 + 2))[:size]
    path = Path(name)
    try:
        if not path.is_file():
            raise DemoError(said("--file: expected a file to upload, {name!r} is none", name=name))
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise DemoError(
            said("--file: {name!r} cannot be read: {reason}", name=name, reason=system_words(error))
        ) from error
    if len(content) > LARGEST:
        raise DemoError(said("--file: expected at most {most} bytes, {name!r} has more", most=LARGEST, name=name))
    return content


DEMO = Demo(
    name="tcp-upload",
    summary="a file goes up, the client half-closes, the answer comes down the other half",
    transport="tcp",
    port=8888,
    expected="tcp-upload",
    lesson=(
        "The client's FIN comes first, and the server's data after it: a FIN ends one direction, not the connection.",
        "Between the two FINs the client, in FIN-WAIT-2, still receives, and the server, in CLOSE-WAIT, still sends.",
        "The server's data acknowledges the client's FIN, with or without a bare ACK before it.",
    ),
    server=server,
    client=client,
    options=(
        Option("file", "", "the file to upload; without it, text is generated", most=4096),
        Option("size", 720, "bytes of generated text", least=0, most=LARGEST),
    ),
)
