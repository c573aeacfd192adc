"""What happens between the handshake and the close."""

from __future__ import annotations

from inspector.demos.living import (
    tcp_full_duplex,
    tcp_half_duplex,
    tcp_keepalive,
    tcp_length_prefix,
    tcp_long,
    tcp_options,
    tcp_retransmission,
    tcp_short,
    tcp_simplex,
    tcp_timeout,
    tcp_zero_window,
)

__all__ = ["DEMOS"]

DEMOS = (
    tcp_short.DEMO,
    tcp_long.DEMO,
    tcp_length_prefix.DEMO,
    tcp_timeout.DEMO,
    tcp_simplex.DEMO,
    tcp_half_duplex.DEMO,
    tcp_full_duplex.DEMO,
    tcp_keepalive.DEMO,
    tcp_zero_window.DEMO,
    tcp_retransmission.DEMO,
    tcp_options.DEMO,
)
