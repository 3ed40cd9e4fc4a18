/** Yjs and what is made of it are loaded when the first document is opened. */

import { untilLoaded } from "../connection/untilLoaded";
import type { DocumentLink } from "./documentLink";

export async function loadDocumentLink(): Promise<typeof DocumentLink> {
  return (await untilLoaded(() => import("./documentLink"))).DocumentLink;
}
