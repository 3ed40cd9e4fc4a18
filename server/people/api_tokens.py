"""Personal API tokens: with one, a program reads what its person may read. Only hashes of them are kept."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from protocol.api_tokens import DEFAULT_TOKEN_DAYS, MAX_TOKEN_DAYS, MAX_TOKENS, ApiToken
from protocol.errors import ErrorCode
from protocol.room import Person
from server.clock import Clock
from server.errors import StoreError, UserError
from server.logs import log_failure
from server.people.names import name_of
from server.people.tokens import hash_token, is_api_token, new_api_token
from server.store.people import UnknownPersonError
from server.store.tokens import ListedToken, StoredToken, TokenRepository, TooManyTokensError

MAX_TOKENS_PER_DAY = 50
"""Made for one person, also of those that were revoked at once."""
LISTED_AFTER_END = timedelta(days=30)
"""So long an expired one is still listed, so that whoever wonders why a program stopped sees it."""
_NOTE_USE_AFTER_MS = 60_000

_log = structlog.get_logger(__name__)


class ApiTokens:
    """Everybody's tokens. The methods raise `UserError`."""

    def __init__(self, repository: TokenRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    async def create(
        self, person_id: str, name: str, days: int = DEFAULT_TOKEN_DAYS, *, actor: str
    ) -> tuple[ApiToken, str]:
        """Make a token that works for so many days; return it with its secret, which is known nowhere else."""
        if not 1 <= days <= MAX_TOKEN_DAYS:
            raise UserError(ErrorCode.BAD_REQUEST, f"A token works for 1 to {MAX_TOKEN_DAYS} days.")
        secret, now = new_api_token(), self._clock.now_ms()
        try:
            kept = await self._repository.add(
                person_id,
                name_of(name),
                hash_token(secret),
                actor=actor,
                at=now,
                expires_at=now + _milliseconds(timedelta(days=days)),
                limit=MAX_TOKENS,
                limit_per_day=MAX_TOKENS_PER_DAY,
            )
        except TooManyTokensError as error:
            raise UserError(
                ErrorCode.TOO_MANY,
                f"At most {MAX_TOKENS} tokens work at once, and {MAX_TOKENS_PER_DAY} are made in a day: "
                "revoke one that is not needed any more.",
            ) from error
        except UnknownPersonError as error:
            raise UserError(ErrorCode.NOT_FOUND, "This person is not in the programme.") from error
        return _shown(kept), secret

    async def list_own(self, person_id: str) -> tuple[ApiToken, ...]:
        """Return somebody's tokens, newest first."""
        return tuple(_shown(one.token) for one in await self.list_all(person_id))

    async def list_all(self, person_id: str | None = None) -> Sequence[ListedToken]:
        """Return one person's tokens, or everybody's, newest first; also those that expired a short time ago."""
        return await self._repository.list_tokens(
            person_id, expired_after=self._clock.now_ms() - _milliseconds(LISTED_AFTER_END)
        )

    async def revoke(self, token_id: str, person_id: str | None = None, *, actor: str) -> ApiToken:
        """Revoke a token, of this person's or of anybody's."""
        revoked = await self._repository.revoke(token_id, person_id, actor=actor, at=self._clock.now_ms())
        if revoked is None:
            raise UserError(ErrorCode.NOT_FOUND, "There is no such token.")
        return _shown(revoked)

    async def person_of(self, secret: str) -> Person | None:
        """Return whom a token lets in; `None` for one that does not work, whatever the reason."""
        if not is_api_token(secret):
            return None
        now = self._clock.now_ms()
        found = await self._repository.find(hash_token(secret), at=now)
        if found is None:
            return None
        if found.last_used_at is None or now - found.last_used_at >= _NOTE_USE_AFTER_MS:
            try:
                await self._repository.note_use(found.token_id, at=now)
            except StoreError as error:  # a disk that fails keeps nobody from reading
                log_failure(_log, "api_token_use_not_noted", error)
        return found.person


def _shown(token: StoredToken) -> ApiToken:
    return ApiToken(
        token_id=token.token_id,
        name=token.name,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
