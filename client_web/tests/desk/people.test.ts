import { expect, it } from "vitest";
import { mentionable } from "../../src/desk/usePeople";
import type { Participant } from "../../src/protocol/generated";

const participant = (id: string) => ({ person_id: id, name: id.toUpperCase() }) as Participant;
const person = (id: string, name: string) => ({ person_id: id, name });

it("offers who is here first, then everybody else by name, nobody twice", () => {
  const everybody = [person("z", "Zoë"), person("ana", "Ana"), person("é", "Élia"), person("ben", "Ben")];
  const people = mentionable([participant("ben"), participant("guest")], everybody);
  expect(people.map(({ name, isHere }) => `${name}${isHere ? "" : "?"}`)).toEqual([
    "BEN",
    "GUEST",
    "Ana?",
    "Élia?",
    "Zoë?",
  ]);
  expect(everybody[0]?.name).toBe("Zoë");
});

it("offers who is here while the others are not known", () => {
  expect(mentionable([participant("ben")], [])).toEqual([{ personId: "ben", name: "BEN", isHere: true }]);
});
