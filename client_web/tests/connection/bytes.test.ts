import { expect, it } from "vitest";
import { withArrays, withBuffers } from "../../src/connection/bytes";

it("writes bytes as the library wants them, wherever they are, and exactly those", () => {
  const whole = new Uint8Array([1, 2, 3, 4, 5]);
  const sent = withBuffers({
    id: "d",
    update: whole.subarray(1, 3),
    list: [{ state: null }, { state: whole }],
  });
  const { update, list } = sent as { update: ArrayBuffer; list: { state: ArrayBuffer | null }[] };
  expect(update).toBeInstanceOf(ArrayBuffer);
  expect([...new Uint8Array(update)]).toEqual([2, 3]);
  expect(list[1]?.state).toBeInstanceOf(ArrayBuffer);
});

it("reads them back", () => {
  const told = { seq: 3, update: new Uint8Array([9, 8]), presences: [{ state: new Uint8Array([7]) }] };
  expect(withArrays(withBuffers(told))).toEqual(told);
});

it("leaves alone what has no bytes in it", () => {
  const fields = { text: "hello", nothing: null, list: [1, { two: true }] };
  expect(withBuffers(fields)).toBe(fields);
  expect(withArrays(fields)).toBe(fields);
});
