"""The tables, as SQLAlchemy sees them; nothing outside the store handles these objects.

Every instant is an integer of milliseconds since 1970-01-01 UTC. Ids are random text made by `create_id`. A change here
needs a migration in `migrations/versions`: a test compares the two.
"""

from server.store.models.base import Base, SerialId
from server.store.models.documents import (
    ActionItemRow,
    BoardPictureRow,
    DocumentAuthorRow,
    DocumentRow,
    DocumentSnapshotRow,
    DocumentUpdateRow,
    MeetingDocumentRow,
    NotesReadingRow,
    PictureRow,
    RoomPictureRow,
)
from server.store.models.hours import HoursEntryRow, HoursLogRow, LeaveRow, RequirementRow, TermRow
from server.store.models.people import (
    ApiTokenRow,
    AuditEntryRow,
    OutboxMessageRow,
    PairRow,
    PersonRow,
    ProgrammeRow,
    SignInLinkRow,
    SignInSessionRow,
)
from server.store.models.presence import AttendanceRow, ConnectionRow, MeetingRow, NodeRow, PresenceEventRow
from server.store.models.rooms import ChatMessageRow, ChatReadRow, RoomRoleRow, RoomRow

__all__ = [
    "ActionItemRow",
    "ApiTokenRow",
    "AttendanceRow",
    "AuditEntryRow",
    "Base",
    "BoardPictureRow",
    "ChatMessageRow",
    "ChatReadRow",
    "ConnectionRow",
    "DocumentAuthorRow",
    "DocumentRow",
    "DocumentSnapshotRow",
    "DocumentUpdateRow",
    "HoursEntryRow",
    "HoursLogRow",
    "LeaveRow",
    "MeetingDocumentRow",
    "MeetingRow",
    "NodeRow",
    "NotesReadingRow",
    "OutboxMessageRow",
    "PairRow",
    "PersonRow",
    "PictureRow",
    "PresenceEventRow",
    "ProgrammeRow",
    "RequirementRow",
    "RoomPictureRow",
    "RoomRoleRow",
    "RoomRow",
    "SerialId",
    "SignInLinkRow",
    "SignInSessionRow",
    "TermRow",
]
