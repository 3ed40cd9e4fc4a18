"""Bots: participants with real signalling, ICE, DTLS and SRTP, that decode no media.

Swarm ── Bot ── Signalling        Socket.IO requests and events
          ├── Publisher ──┐       synthetic microphone and camera
          └── Receiver ───┴── MediaTransport ── IceAgent, DtlsSession
               └── ReceivedStream ── SequenceLog, Delivery
"""
