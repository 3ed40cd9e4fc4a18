"""The Socket.IO edge: who may connect, what they may send, and what is sent to them."""
