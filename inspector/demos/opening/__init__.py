"""How a connection begins, and how it fails to."""

from __future__ import annotations

from inspector.demos.opening import (
    tcp_address_in_use,
    tcp_backlog_full,
    tcp_fast_open,
    tcp_half_open,
    tcp_half_open_discovery,
    tcp_handshake_ack_lost,
    tcp_old_duplicate_syn,
    tcp_refused,
    tcp_self_connect,
    tcp_simultaneous_open,
    tcp_syn_lost,
    tcp_synack_lost,
    tcp_unanswered,
    tcp_wrong_ack,
)

__all__ = ["DEMOS"]

DEMOS = (
    tcp_refused.DEMO,
    tcp_address_in_use.DEMO,
    tcp_backlog_full.DEMO,
    tcp_syn_lost.DEMO,
    tcp_synack_lost.DEMO,
    tcp_handshake_ack_lost.DEMO,
    tcp_unanswered.DEMO,
    tcp_half_open.DEMO,
    tcp_half_open_discovery.DEMO,
    tcp_old_duplicate_syn.DEMO,
    tcp_fast_open.DEMO,
    tcp_wrong_ack.DEMO,
    tcp_simultaneous_open.DEMO,
    tcp_self_connect.DEMO,
)
