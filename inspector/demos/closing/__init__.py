"""How a connection ends: orderly in every form, and not."""

from __future__ import annotations

from inspector.demos.closing import (
    tcp_close_four,
    tcp_close_server_first,
    tcp_close_three,
    tcp_close_wait,
    tcp_fin_lost,
    tcp_half_close,
    tcp_last_ack_lost,
    tcp_port_reuse,
    tcp_reset_after_close,
    tcp_reset_linger,
    tcp_reset_unread,
    tcp_simultaneous_close,
    tcp_time_wait,
)

__all__ = ["DEMOS"]

DEMOS = (
    tcp_close_three.DEMO,
    tcp_close_four.DEMO,
    tcp_half_close.DEMO,
    tcp_close_server_first.DEMO,
    tcp_simultaneous_close.DEMO,
    tcp_fin_lost.DEMO,
    tcp_last_ack_lost.DEMO,
    tcp_close_wait.DEMO,
    tcp_time_wait.DEMO,
    tcp_port_reuse.DEMO,
    tcp_reset_linger.DEMO,
    tcp_reset_unread.DEMO,
    tcp_reset_after_close.DEMO,
)
