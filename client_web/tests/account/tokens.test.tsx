import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { NewSecret } from "../../src/account/NewSecret";
import { TokenPart } from "../../src/account/TokenPart";
import { endsAt, reasonOf, TOKEN_DAYS } from "../../src/account/tokens";
import { accountEn } from "../../src/i18n/accountEn";
import { type ApiToken, DEFAULT_TOKEN_DAYS, MAX_TOKEN_DAYS } from "../../src/protocol/generated";
import { markupOf, wordsIn } from "../support/words";

const at = (day: string) => Date.parse(`${day}T12:00:00`);
const token = (change: Partial<ApiToken> = {}): ApiToken => ({
  token_id: "t1",
  name: "Report for the state",
  created_at: at("2026-11-02"),
  expires_at: at("2027-01-31"),
  last_used_at: null,
  ...change,
});

beforeEach(() => void vi.useFakeTimers({ now: at("2026-11-23") }));
afterEach(() => void vi.useRealTimers());

it("says of each token until when it works, and when it was used last", () => {
  const tokens = [
    token({ last_used_at: at("2026-11-20") }),
    token({ token_id: "t2", name: "Old chart", expires_at: at("2026-11-22") }),
  ];
  const markup = markupOf(<TokenPart tokens={tokens} onChanged={() => undefined} />, accountEn);
  expect(wordsIn(markup, "facts")).toEqual([
    "Works until Jan 31, 2027 · made Nov 2, 2026 · last used Nov 20, 2026, 12:00 PM",
    "Has not worked since Nov 22, 2026 · made Nov 2, 2026 · never used",
  ]);
  expect(markup).toContain('aria-label="Revoke: Old chart"');
});

it("shows a new token's secret to be copied, and nobody's of those that are listed", () => {
  const secret = "rup_0123456789";
  expect(
    markupOf(<NewSecret made={{ token: token(), secret }} onDone={() => undefined} />, accountEn),
  ).toContain(`value="${secret}"`);
  expect(markupOf(<TokenPart tokens={[token()]} onChanged={() => undefined} />, accountEn)).not.toContain(
    "rup_",
  );
});

it("lets choose only what the server takes, and what it takes unless told otherwise", () => {
  expect(TOKEN_DAYS).toContain(DEFAULT_TOKEN_DAYS);
  expect([...TOKEN_DAYS].sort((a, b) => a - b)).toEqual(TOKEN_DAYS);
  expect(TOKEN_DAYS.every((days) => days >= 1 && days <= MAX_TOKEN_DAYS)).toBe(true);
  expect(endsAt(at("2026-11-23"), 7)).toBe(at("2026-11-30"));
});

it("says in words why there is no new token", () => {
  expect(reasonOf("too_many")).toBe("many");
  expect(reasonOf("bad_request")).toBe("name");
  expect(reasonOf("not_signed_in")).toBe("signedOut");
  expect(reasonOf("unreachable")).toBe("other");
});
