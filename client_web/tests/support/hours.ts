/** Parts of the hours log, as the server tells of them. */

import type {
  HoursEntry,
  LogStep,
  MeetingReference,
  PairStatus,
  PersonEvidence,
  RequirementStatus,
  Stretch,
} from "../../src/protocol/generated";

export const RUTH = { person_id: "u_ruth", name: "Ruth" };
export const MAYA = { person_id: "u_maya", name: "Maya" };

export const MEETING: MeetingReference = {
  meeting_id: "m1",
  room: { room_id: "r1", slug: "lounge", name: "Lounge", kind: "lounge" },
  opened_at: 0,
};

export const requirement = (change: Partial<RequirementStatus> = {}): RequirementStatus => ({
  requirement_id: "q1",
  name: "Three hours a month",
  standing: "on_track",
  unit: "minutes",
  done: 60,
  needed: 180,
  first_day: "2026-11-01",
  last_day: "2026-11-30",
  due_on: "2026-11-30",
  next_step: null,
  shortfall: null,
  contact_types: null,
  minimum_minutes: 0,
  ...change,
});

export const pair = (change: Partial<PairStatus> = {}): PairStatus => ({
  pair_id: "p1",
  kind: "mentor",
  mentor: RUTH,
  mentee: MAYA,
  substitute: null,
  is_on_leave: false,
  starts_on: "2026-08-24",
  ends_on: null,
  standing: "on_track",
  requirements: [requirement()],
  last_contact_on: "2026-11-14",
  minutes_this_term: 60,
  waiting_minutes: 0,
  disputed_count: 0,
  ...change,
});

export const entry = (change: Partial<HoursEntry> = {}): HoursEntry => ({
  entry_id: "e1",
  pair_id: "p1",
  pair_kind: "mentor",
  mentor: RUTH,
  mentee: MAYA,
  day: "2026-11-20",
  state: "proposed",
  is_confirmed_by_mentor: false,
  is_confirmed_by_mentee: false,
  contact_type: "conference",
  measured_ms: 1_680_000,
  credited_minutes: 28,
  text: null,
  meeting: MEETING,
  changed_at: 0,
  number: 7,
  permitted: ["confirmed", "disputed", "adjusted"],
  ...change,
});

export const logStep = (change: Partial<LogStep> = {}): LogStep => ({
  number: 7,
  action: "proposed",
  side: "server",
  author: null,
  at: 0,
  contact_type: "conference",
  measured_ms: 1_680_000,
  credited_minutes: 28,
  text: null,
  hash: "0".repeat(64),
  ...change,
});

export const stretch = (started_at: number, ended_at: number): Stretch => ({ started_at, ended_at });

export const person = (change: Partial<PersonEvidence> = {}): PersonEvidence => ({
  person: RUTH,
  side: "mentor",
  present: [],
  media: [],
  microphone: [],
  camera: [],
  spoke_ms: 0,
  connections: [],
  ...change,
});
