"""Request and reply, in an encoding that both ends should agree on: and what happens when they do not.

The server gives back what it understood, in its own encoding. TCP carries bytes and does not
care: every segment is acknowledged, and the text is ruined all the same. Try
`--encoding gbk --reply-encoding utf-8`, and the other way round.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "LINE", "client", "server", "understood"]

LINE = "你好，服务器！"


def server(end: End) -> None:
    """Give every request back, until the client has closed."""
    encoding = end.text("reply-encoding")
    if encoding == "same":
        encoding = end.text("encoding")
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            while request := connection.recv(1024):
                text = understood(end, request, encoding)
                reply = text.encode(encoding, errors="replace")
                end.sent(reply, encoding)
                connection.sendall(reply)


def client(end: End) -> None:
    """Send each line and read its reply; then close."""
    encoding = end.text("encoding")
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        for line in end.lines(LINE):
            request = line.encode(encoding, errors="replace")
            end.sent(request, encoding)
            connection.sendall(request)
            # One recv for one reply: it is short and travels in one segment. In general
            # TCP keeps no messages apart; tcp-object shows how a program does.
            understood(end, connection.recv(1024), encoding)


def understood(end: End, data: bytes, encoding: str) -> str:
    """The text that this end takes `data` for; the error is shown where it is none, and U+FFFD stands in for it."""
    end.received(data, encoding)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        end.note("UnicodeDecodeError: {error}", error=error)
        return data.decode(encoding, errors="replace")


DEMO = Demo(
    name="tcp-echo",
    summary="request and reply in UTF-8 or GBK, and what happens when the two ends disagree",
    transport="tcp",
    port=8080,
    expected="tcp-echo",
    lesson=(
        "The same seven characters are 21 bytes in UTF-8 and 14 in GBK: sequence numbers count bytes.",
        "When the ends disagree TCP is content: every byte arrived and was acknowledged. Meaning is the programs'.",
        "The reply acknowledges the request too; whether a bare ACK came before it is a matter of the kernel's timing.",
    ),
    server=server,
    client=client,
    options=(
        Option("encoding", "utf-8", "the client's encoding", choices=("utf-8", "gbk")),
        Option("reply-encoding", "same", "the server's encoding", choices=("same", "utf-8", "gbk")),
    ),
    interactive=True,
)
