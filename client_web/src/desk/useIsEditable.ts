/** Whether one may change a page: by one's role, and while nobody has locked it. */

import type { DocumentInfo } from "../protocol/generated";
import { useRoom } from "../session/sessionContext";

export function useIsEditable(page: DocumentInfo): boolean {
  return useRoom(({ permitted }) => {
    const isOpenToMe = !page.is_locked || permitted.includes("document_lock");
    return permitted.includes("document_update") && isOpenToMe && page.health !== "broken";
  });
}
