import { expect, it } from "vitest";
import { connectionTestFrom, roomOf } from "../../src/shared/connectionTestFrom";

it("remembers the room that one came from", () => {
  expect(connectionTestFrom("/r/morning-round-up")).toBe("/connection-test?room=morning-round-up");
  expect(connectionTestFrom("/")).toBe("/connection-test");
  expect(roomOf("?room=morning-round-up")).toBe("morning-round-up");
});

it("leads to no other place", () => {
  for (const search of ["", "?room=", "?room=../api", "?room=//evil.example", "?room=A"]) {
    expect(roomOf(search)).toBeNull();
  }
});
