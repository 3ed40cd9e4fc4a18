/** A moment of the meeting, as minutes and seconds since it began; a click leads there. */

import { type Editor, Node, type NodeViewRenderer } from "@tiptap/core";
import { sound } from "./attributes";
import { sinceOpening } from "./sinceOpening";

export interface Moment {
  meetingId: string;
  at: number;
  openedAt: number;
}

/** Read the attributes of a `timestamp`, or `null` when one of them cannot be. */
export function readMoment(attributes: Record<string, unknown>): Moment | null {
  const meetingId = sound("timestamp", "meetingId", attributes.meetingId);
  const at = sound("timestamp", "at", attributes.at);
  const openedAt = sound("timestamp", "openedAt", attributes.openedAt);
  return meetingId === null || at === null || openedAt === null
    ? null
    : ({ meetingId, at, openedAt } as Moment);
}

export const timestampText = (attributes: Record<string, unknown>): string => {
  const moment = readMoment(attributes);
  return moment === null ? "–:––" : sinceOpening(moment.at, moment.openedAt);
};

export interface TimestampOptions {
  view: NodeViewRenderer | null;
}

const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));

export const Timestamp = Node.create<TimestampOptions>({
  name: "timestamp",
  group: "inline",
  inline: true,
  atom: true,

  addOptions: () => ({ view: null }),

  addAttributes: () => ({
    meetingId: {
      default: null,
      parseHTML: (element: HTMLElement) => sound("timestamp", "meetingId", element.dataset.meetingId),
      renderHTML: () => ({}),
    },
    at: {
      default: null,
      parseHTML: (element: HTMLElement) => sound("timestamp", "at", number(element.dataset.at)),
      renderHTML: () => ({}),
    },
    openedAt: {
      default: null,
      parseHTML: (element: HTMLElement) => sound("timestamp", "openedAt", number(element.dataset.openedAt)),
      renderHTML: () => ({}),
    },
  }),

  parseHTML: () => [{ tag: 'time[data-type="timestamp"]' }],

  renderHTML({ node }) {
    const moment = readMoment(node.attrs);
    const data =
      moment === null
        ? {}
        : {
            "data-meeting-id": moment.meetingId,
            "data-at": moment.at,
            "data-opened-at": moment.openedAt,
            datetime: new Date(moment.at).toISOString(),
          };
    return ["time", { "data-type": "timestamp", ...data }, timestampText(node.attrs)];
  },

  renderText: ({ node }) => timestampText(node.attrs),

  addNodeView() {
    return this.options.view;
  },
});

/** Put the moment that it is now into the text; nothing while no meeting is on. */
export function insertMoment(
  editor: Editor,
  meeting: { meetingId: string; openedAt: number; now(): number } | null,
): void {
  if (meeting === null) return;
  const { meetingId, openedAt } = meeting;
  const attrs = { meetingId, at: Math.round(meeting.now()), openedAt: Math.round(openedAt) };
  const { $from } = editor.state.selection;
  const before = $from.parent.textBetween(0, $from.parentOffset, undefined, "\ufffc");
  const space = { type: "text", text: " " };
  const node = { type: "timestamp", attrs };
  const content = before === "" || before.endsWith(" ") ? [node, space] : [space, node, space];
  editor.chain().focus().insertContent(content).run();
}
