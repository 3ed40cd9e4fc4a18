/** What is about oneself, over plain HTTP: one's API tokens, and all that is kept about one. */

import type { ApiTokenList, CreatedApiToken, NewApiToken } from "../protocol/generated";
import { call, send } from "./http";

/** Throws `Problem`: `not_signed_in`, or one that passes. */
export const fetchTokens = (signal?: AbortSignal): Promise<ApiTokenList> =>
  call("GET", "/api/tokens", signal);

/** Make a token; its secret is in the answer, and nowhere else. Throws `Problem`: `too_many`, `bad_request`. */
export const createToken = (token: NewApiToken): Promise<CreatedApiToken> =>
  call("POST", "/api/tokens", undefined, new Blob([JSON.stringify(token)], { type: "application/json" }));

/** Throws `Problem`: `not_found` where it was revoked before. */
export const revokeToken = (tokenId: string): Promise<void> =>
  call("DELETE", `/api/tokens/${encodeURIComponent(tokenId)}`);

/** All that is kept about oneself, as a ZIP. Throws `Problem`: `too_many`. */
export const fetchExport = async (): Promise<Blob> => (await send("GET", "/api/me/export")).blob();
