/**
 * A shared screen is sent in one size: on a slow line, a picture of all its pixels that comes seldom can be read, and one
 * of half of them cannot. Whoever shows it small shows that it is there, and does not receive it.
 */

import type { types } from "mediasoup-client";

export const SCREEN_ENCODING: types.RtpEncodingParameters = { maxBitrate: 2_500_000 };
