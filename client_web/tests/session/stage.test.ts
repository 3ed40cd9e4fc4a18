import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Shown, View } from "../../src/media/picture";
import { Stage } from "../../src/session/stage";
import { participant, producer } from "../support/room";

let pictures: View["pictures"];
let stage: Stage;

beforeEach(() => {
  vi.stubGlobal("devicePixelRatio", 2);
  pictures = new Map();
  stage = new Stage((told) => {
    pictures = told;
  });
  stage.setCapacity(2);
  stage.follow([participant("me"), ...["ana", "ben", "eva", "kim"].map((id) => participant(id))], "me");
});
afterEach(() => void vi.unstubAllGlobals());

const told = (): Record<string, Shown> => Object.fromEntries(pictures);
const camera = (participantId: string, height: number) => ({
  participantId,
  source: "camera" as const,
  height,
});

it("receives what is on the page in the size that it has there, in device pixels", () => {
  stage.show([camera("ana", 60), camera("ben", 400)]);
  expect(told()).toEqual({
    "camera ana": { maxLayer: 0, isLarge: false },
    "camera ben": { maxLayer: 2, isLarge: false },
  });
});

it("puts whoever talks most before the others, whoever coughs, and keeps them warm out of sight", () => {
  stage.show([camera("ana", 400), camera("ben", 400)]);
  stage.onSpeaking(new Set(["ben"]));
  expect(told()["camera ben"]).toEqual({ maxLayer: 2, isLarge: false });
  stage.onDominant("ben");
  stage.onSpeaking(new Set(["ana", "ben"]));
  stage.onDominant(null);
  expect(told()["camera ben"]).toEqual({ maxLayer: 2, isLarge: true });
  stage.turnTo(1);
  stage.show([camera("eva", 400), camera("kim", 400)]);
  expect(told()).toMatchObject({
    "camera ben": { maxLayer: 0, isLarge: false },
    "camera eva": { maxLayer: 2, isLarge: false },
  });
});

it("puts a shared screen before everybody", () => {
  stage.onSpeaking(new Set(["ana"]));
  stage.follow([participant("ana", { producers: [producer("s", "screen")] }), participant("ben")], "me");
  stage.show([{ participantId: "ana", source: "screen", height: 600 }, camera("ana", 100)]);
  expect(told()).toEqual({
    "screen ana": { maxLayer: 0, isLarge: true },
    "camera ana": { maxLayer: 1, isLarge: false },
  });
});

it("pins a picture, another one in its place, and none", () => {
  const pinned = () => stage.store.getState().pinned?.participantId ?? null;
  const seen = ["ana", "ben", "ben"].map((participantId) => {
    stage.togglePinned({ participantId, source: "camera" });
    return pinned();
  });
  expect(seen).toEqual(["ana", "ben", null]);
});

it("gives no place to oneself", () => {
  expect(stage.store.getState().places).toEqual(["ana", "ben", "eva", "kim"]);
});
