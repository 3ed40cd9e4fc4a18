import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { isIn, readHome } from "../../src/home/readHome";
import type { RoomInfo } from "../../src/protocol/generated";
import { Problem } from "../../src/shared/problem";

const room = (slug: string): RoomInfo => ({ room_id: `r_${slug}`, slug, name: slug, kind: "lesson" });
const ANA = { participant_id: "p_1", person_id: "u_ana", name: "Ana" };
const BEN = { participant_id: "p_2", person_id: "u_ben", name: "Ben" };

const SESSION = {
  person: { person_id: "u_ana", name: "Ana" },
  programme_name: "Demo",
  rooms: [
    { room: room("full"), inside_count: 1 },
    { room: room("empty"), inside_count: 0 },
    { room: room("broken"), inside_count: 3 },
  ],
};

/** What the server answers, by path; anything else makes the line fail. */
let answers: Record<string, () => Response>;
let asked: string[];

beforeEach(() => {
  asked = [];
  answers = {
    "/api/session": () => Response.json(SESSION),
    "/api/tasks": () => Response.json({ tasks: [{ item_id: "i1" }], has_more: false }),
    "/api/rooms/full": () => Response.json({ room: room("full"), inside: [ANA, BEN], media: {} }),
  };
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    const answer = answers[path];
    if (answer === undefined) throw new TypeError("Failed to fetch");
    return answer();
  });
});
afterEach(() => void vi.unstubAllGlobals());

const read = () => readHome(new AbortController().signal);

it("says who is inside, and asks only about rooms that are not empty", async () => {
  const [full, empty] = (await read()).rooms;
  expect(full).toEqual({ room: room("full"), insideCount: 2, inside: [ANA, BEN] });
  expect(empty).toEqual({ room: room("empty"), insideCount: 0, inside: [] });
  expect(full && isIn("u_ben", full)).toBe(true);
  expect(asked).not.toContain("/api/rooms/empty");
});

it.each([404, 429, 503, "the line"])("shows a room that %s failed with its number only", async (failure) => {
  if (typeof failure === "number") {
    answers["/api/rooms/broken"] = () => new Response(null, { status: failure });
  }
  const { rooms } = await read();
  expect(rooms[0]?.inside).toEqual([ANA, BEN]);
  expect(rooms[2]).toEqual({ room: room("broken"), insideCount: 3, inside: [] });
  expect(asked).toContain("/api/rooms/broken");
});

it("tells what one is to do, and without it all the rest", async () => {
  expect((await read()).tasks).toEqual({ tasks: [{ item_id: "i1" }], has_more: false });
  delete answers["/api/tasks"];
  const home = await read();
  expect(home.tasks).toBeNull();
  expect(home.rooms.length).toBe(3);
});

it("fails as a whole where nobody is signed in", async () => {
  answers["/api/session"] = () => new Response(null, { status: 401 });
  await expect(read()).rejects.toEqual(new Problem("not_signed_in"));
});
