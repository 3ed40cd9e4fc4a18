"""Updates that come in parts, put together: those of all connections, so that all of them together are bounded."""

from collections import OrderedDict

from protocol.documents import MAX_UPLOAD_BYTES
from protocol.errors import ErrorCode
from server.errors import UserError

MAX_COLLECTED_BYTES = 16 * MAX_UPLOAD_BYTES
"""Of all connections. Beyond, what was added to longest ago is forgotten: its page is told `out_of_sync`, and begins
again. Between two parts of somebody's, more than a thousand others would have to come."""


class Uploads:
    """What has come of updates that are not kept yet, by connection and document."""

    def __init__(self) -> None:
        self._uploads: OrderedDict[tuple[str, str], bytearray] = OrderedDict()
        """The one that was added to last, last."""
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return self._bytes

    def add(self, connection_id: str, document_id: str, part: bytes, offset: int) -> None:
        """Take a part that begins at a byte of the whole: the next one, or the last one again; with 0, the first.

        Raises `UserError`: what comes before it is not here (`out_of_sync`), or the whole is too large. What was
        collected is forgotten then.
        """
        upload = self._take(connection_id, document_id) or bytearray()
        if offset > len(upload):
            raise UserError(ErrorCode.OUT_OF_SYNC, "Something before this part is missing.")
        if offset + len(part) > MAX_UPLOAD_BYTES:
            raise UserError(ErrorCode.TOO_LARGE, "This is more than can be added at once.")
        upload[offset:] = part
        self._uploads[connection_id, document_id] = upload
        self._bytes += len(upload)
        while self._bytes > MAX_COLLECTED_BYTES:
            self._take(*next(iter(self._uploads)))

    def whole(self, connection_id: str, document_id: str) -> bytes:
        """Return what has been collected of an update. It is kept, until it is dropped."""
        return bytes(self._uploads[connection_id, document_id])

    def drop(self, connection_id: str, document_id: str) -> None:
        """Forget an update that is kept, or whose rest would be of no use."""
        self._take(connection_id, document_id)

    def leave(self, connection_id: str) -> None:
        """Forget all that a connection has begun."""
        for key in [key for key in self._uploads if key[0] == connection_id]:
            self._take(*key)

    def _take(self, connection_id: str, document_id: str) -> bytearray | None:
        upload = self._uploads.pop((connection_id, document_id), None)
        self._bytes -= 0 if upload is None else len(upload)
        return upload
