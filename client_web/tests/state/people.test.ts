import { expect, it } from "vitest";
import type { Participant, RoomRole } from "../../src/protocol/generated";
import { peopleOf } from "../../src/state/people";

function participant(personId: string, joinedAt: number, role: RoomRole = "participant") {
  const fields = { participant_id: `in_${personId}`, person_id: personId, joined_at: joinedAt, role };
  return fields as unknown as Participant;
}

it("orders people by when they came, however a page has them", () => {
  const [ana, ben, cleo] = [participant("ana", 1), participant("ben", 2), participant("cleo", 2)];
  expect(peopleOf([ana, ben, cleo])).toEqual(["ana", "ben", "cleo"]);
  expect(peopleOf([cleo, ben, ana])).toEqual(["ana", "ben", "cleo"]);
});

it("is the same for those who are not told of observers, up to where these come", () => {
  const [olga, ana, ben] = [participant("olga", 0, "observer"), participant("ana", 1), participant("ben", 2)];
  expect(peopleOf([olga, ana, ben]).slice(0, 2)).toEqual(peopleOf([ana, ben]));
});
