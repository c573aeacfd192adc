"""The first conversations of the tutorials: programs that connect, talk and close."""

from __future__ import annotations

from inspector.demos.basics import (
    tcp_echo,
    tcp_greeting,
    tcp_hello,
    tcp_multi,
    tcp_object,
    tcp_oneway,
    tcp_upload,
)

__all__ = ["DEMOS"]

DEMOS = (
    tcp_hello.DEMO,
    tcp_greeting.DEMO,
    tcp_echo.DEMO,
    tcp_oneway.DEMO,
    tcp_multi.DEMO,
    tcp_object.DEMO,
    tcp_upload.DEMO,
)
