import { expect, it } from "vitest";
import {
  addDays,
  clockTime,
  dayRange,
  daysBetween,
  fullDay,
  isOwnTime,
  monthOf,
  relativeDay,
  shortDay,
  tinyDay,
} from "../../src/hours/days";

const TODAY = "2026-11-23";
/** What Intl puts between numbers differs from version to version. */
const plain = (text: string) => text.replace(/[\u2009\u202f\u00a0]/g, " ");

it.each(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Chicago"])(
  "names a day as what it is, also for who looks at it from %s",
  (zone) => {
    const before = process.env.TZ;
    process.env.TZ = zone;
    try {
      expect(shortDay("2026-11-27", TODAY, "en")).toBe("Fri, Nov 27");
      expect(fullDay("2026-11-27", "es")).toBe("viernes, 27 de noviembre de 2026");
      expect(addDays("2026-11-30", 1)).toBe("2026-12-01");
      expect(monthOf("2026-12-01", "en")).toBe("Dec");
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  },
);

it("says the year only where it is another one", () => {
  expect(shortDay("2027-01-04", TODAY, "en")).toBe("Mon, Jan 4, 2027");
  expect(tinyDay("2026-01-04", TODAY, "en")).toBe("Jan 4");
  expect(tinyDay("2027-01-04", TODAY, "en")).toBe("Jan 4, 27");
  expect(plain(dayRange("2026-08-24", "2026-12-18", "en"))).toBe("Aug 24 – Dec 18, 2026");
});

it("counts days over leap days and years", () => {
  expect(daysBetween("2028-02-28", "2028-03-01")).toBe(2);
  expect(daysBetween("2027-01-01", "2026-12-31")).toBe(-1);
  expect(addDays("2028-03-01", -1)).toBe("2028-02-29");
});

it("says how far away a day is as people do", () => {
  const said = (day: string) => relativeDay(day, TODAY, "en");
  expect(said("2026-11-23")).toBe("today");
  expect(said("2026-11-22")).toBe("yesterday");
  expect(said("2026-11-28")).toBe("in 5 days");
  expect(said("2026-11-02")).toBe("3 weeks ago");
  expect(said("2026-08-31")).toBe("12 weeks ago");
  expect(said("2026-08-15")).toBe("3 months ago");
  expect(said("2027-05-20")).toBe("in 6 months");
});

it("reads the clock of the programme, not of this page", () => {
  const at = Date.parse("2026-11-20T15:04:09Z");
  expect(plain(clockTime(at, "America/Chicago", "en"))).toBe("9:04 AM");
  expect(plain(clockTime(at, "America/Chicago", "en", true))).toBe("9:04:09 AM");
  expect(clockTime(at, "Europe/Madrid", "es")).toBe("16:04");
  expect(isOwnTime(at, Intl.DateTimeFormat().resolvedOptions().timeZone)).toBe(true);
  expect(["Europe/Madrid", "Asia/Tokyo"].map((zone) => isOwnTime(at, zone))).toContain(false);
});
