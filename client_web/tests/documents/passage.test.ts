import { expect, it } from "vitest";
import { type Outcome, Requester } from "../../src/connection/requester";
import { Passages } from "../../src/documents/passage";
import { KeptPassages } from "../support/passages";

const data = (seed: number) => Uint8Array.from({ length: 300 }, (_, i) => (i * i * seed) % 251);

function setUp() {
  const kept = new KeptPassages();
  const asked: number[] = [];
  const next: { more: () => Outcome | null } = { more: () => null };
  const requests = new Requester({
    send: async (_name, fields) => {
      const { passage_id, offset } = fields as { passage_id: string; offset: number };
      return next.more() ?? kept.more(passage_id, offset);
    },
    tell: () => undefined,
  });
  requests.open();
  const passages = new Passages(requests);
  const ask = (seed: number) => async () => {
    asked.push(seed);
    return { seed, update: kept.begin(data(seed)) };
  };
  return { kept, asked, next, passages, ask };
}

it("reads one after the other, however many are asked for at once", async () => {
  const { asked, passages, ask } = setUp();
  const read = await Promise.all([1, 2, 3, 4, 5].map((seed) => passages.read(ask(seed))));
  expect(read.map(({ answer }) => answer.seed)).toEqual([1, 2, 3, 4, 5]);
  for (const { answer, update } of read) expect(update).toEqual(data(answer.seed));
  expect(asked).toEqual([1, 2, 3, 4, 5]);
});

it("asks again for what is lost on the way, and gives up in the end", async () => {
  const { asked, kept, next, passages, ask } = setUp();
  let losses = 2;
  next.more = () => {
    if (losses-- > 0) kept.clear();
    return null;
  };
  expect((await passages.read(ask(7))).update).toEqual(data(7));
  expect(asked).toEqual([7, 7, 7]);
  losses = 100;
  await expect(passages.read(ask(8))).rejects.toMatchObject({ category: "passing" });
});

it("goes on with the next one when one fails", async () => {
  const { next, passages, ask } = setUp();
  next.more = () => ({ error: { code: "forbidden", text: "" } });
  await expect(passages.read(ask(1))).rejects.toMatchObject({ code: "forbidden" });
  next.more = () => null;
  expect((await passages.read(ask(2))).update).toEqual(data(2));
});

it("neither asks for nor reads on in what nobody wants any more", async () => {
  const { asked, next, passages, ask } = setUp();
  const end = new AbortController();
  let read = 0;
  next.more = () => {
    if (++read === 2) end.abort();
    return null;
  };
  const both = [passages.read(ask(1), end.signal), passages.read(ask(2), end.signal), passages.read(ask(3))];
  const [first, second, third] = await Promise.allSettled(both);
  expect([first?.status, second?.status, third?.status]).toEqual(["rejected", "rejected", "fulfilled"]);
  expect(asked).toEqual([1, 3]);
});
