"""An object on a byte stream: a data class as JSON, behind its length.

TCP keeps no messages apart, so the program must: four bytes say how many follow, and the reader asks for
exactly as many. Both the length and the text come from a stranger, so both are checked. Never
`pickle`: unpickling runs whatever the sender wrote.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option
from inspector.errors import DemoError
from inspector.language import said

if TYPE_CHECKING:
    from socket import socket

    from inspector.demos.end import End

__all__ = ["DEMO", "LONGEST", "Student", "client", "pack", "receive_exactly", "receive_message", "server", "unpack"]

LONGEST = 1024
"""Bytes of JSON that a student may take: a length is a stranger's word, and memory is ours."""


@dataclass(frozen=True, slots=True)
class Student:
    """What is sent."""

    name: str
    age: int


def server(end: End) -> None:
    """Receive one student, and read on until the client has closed."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            message = receive_message(connection)
            end.received(message)
            end.note("unpacked: {student}", student=unpack(message))
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Send one student, and close."""
    student = Student(end.text("name"), end.number("age"))
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        message = pack(student)
        end.sent(message)
        connection.sendall(message)


def pack(student: Student) -> bytes:
    """The length in four bytes, most significant first, and the student in JSON."""
    body = json.dumps(asdict(student), ensure_ascii=False).encode(errors="replace")
    return struct.pack("!I", len(body)) + body


def receive_message(connection: socket) -> bytes:
    """What follows the length; DemoError if that is too long, or more than follows."""
    (length,) = struct.unpack("!I", receive_exactly(connection, 4))
    if length > LONGEST:
        raise DemoError(
            said(
                "expected a student of at most {most} bytes, the client announces {length}", most=LONGEST, length=length
            )
        )
    return receive_exactly(connection, length)


def receive_exactly(connection: socket, size: int) -> bytes:
    """`size` bytes, in however many pieces they come."""
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise DemoError(
                said("expected {size} bytes, and the client closed after {found}", size=size, found=len(data))
            )
        data += piece
    return data


def unpack(body: bytes) -> Student:
    """The student that `body` describes; DemoError if it describes none."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DemoError(said("expected a student in JSON, found {size} bytes that are none", size=len(body))) from error
    match fields:
        case {"name": str(name), "age": int(age)} if len(fields) == 2 and not isinstance(age, bool):
            return Student(name, age)
    raise DemoError(said("expected a JSON object with a name (text) and an age (whole number), found another"))


DEMO = Demo(
    name="tcp-object",
    summary="a Student(name, age) as JSON behind its length, never pickle",
    transport="tcp",
    port=11111,
    expected="tcp-object",
    lesson=(
        "The first four bytes of data are the length, most significant byte first, as all numbers in network headers.",
        "PSH marks the end of a write, not of an object: where an object ends, only the length says.",
        "The length is a stranger's word: it is checked before a byte of memory is spent on it.",
    ),
    server=server,
    client=client,
    options=(
        Option("name", "韩梅梅", "the student's name", most=100),
        Option("age", 20, "the student's age", least=0, most=150),
    ),
)
