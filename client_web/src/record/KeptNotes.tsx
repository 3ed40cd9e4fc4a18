/** Notes as they were. Loaded when some are shown, with the editor. */

import NotesEditor from "../notes/NotesEditor";
import classes from "./KeptPage.module.css";
import { NOBODY } from "./nobody";
import type { Kept } from "./useKept";

interface KeptNotesProps {
  title: string;
  kept: Kept;
  onTimestamp(meetingId: string, at: number): void;
}

export default function KeptNotes({ title, kept, onTimestamp }: KeptNotesProps) {
  return (
    <div className={classes.notes}>
      <NotesEditor
        doc={kept.doc}
        awareness={kept.awareness}
        isEditable={false}
        title={title}
        self={NOBODY}
        people={[]}
        meeting={null}
        onTimestamp={onTimestamp}
      />
    </div>
  );
}
