/** What is in a page that is kept, read once. */

import { useEffect, useState } from "react";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { asProblem, type Problem } from "../shared/problem";
import { readKept } from "./read";

export interface Kept {
  doc: Y.Doc;
  /** Nobody is in it. */
  awareness: Awareness;
}

export function useKept(slug: string, meetingId: string, documentId: string) {
  const [kept, setKept] = useState<Kept | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const end = new AbortController();
    let doc: Y.Doc | null = null;
    const read = async () => {
      const update = await readKept(slug, meetingId, documentId, end.signal);
      if (end.signal.aborted) return;
      doc = new Y.Doc();
      Y.applyUpdate(doc, update);
      setKept({ doc, awareness: new Awareness(doc) });
    };
    read().catch((error: unknown) => {
      if (!end.signal.aborted) setProblem(asProblem(error));
    });
    return () => {
      end.abort();
      setKept(null);
      doc?.destroy();
    };
  }, [slug, meetingId, documentId]);
  return { kept, problem };
}
