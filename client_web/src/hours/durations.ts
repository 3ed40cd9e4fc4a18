/** How long something took, as people read it. Pure. */

import { numberFormat } from "./formats";

type Unit = "hour" | "minute" | "second";

const part = (value: number, unit: Unit, language: string): string =>
  numberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value);

/** Return "1 hr 25 min", "3 hr", "0 min". Whole minutes, as they are credited. */
export function minutesText(minutes: number, language: string): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours === 0) return part(rest, "minute", language);
  return rest === 0
    ? part(hours, "hour", language)
    : `${part(hours, "hour", language)} ${part(rest, "minute", language)}`;
}

/** Return "28 min 4 sec", as it was measured: whole seconds, never rounded up; "<1 sec" is more than nothing. */
export function exactText(ms: number, language: string): string {
  if (ms > 0 && ms < 1_000) return `<${part(1, "second", language)}`;
  const seconds = Math.floor(ms / 1_000);
  const parts: [number, Unit][] = [
    [Math.floor(seconds / 3_600), "hour"],
    [Math.floor(seconds / 60) % 60, "minute"],
    [seconds % 60, "second"],
  ];
  const said = parts.filter(([value]) => value > 0);
  return (said.length > 0 ? said : parts.slice(2))
    .map(([value, unit]) => part(value, unit, language))
    .join(" ");
}

/** Hours and minutes as one types them: "1:25", "85", "85 min", "1 h 25", "1.5 h". `null` where it is none. */
export function readMinutes(text: string): number | null {
  const words = text.trim().toLowerCase().replace(",", ".");
  const clock = /^(\d{1,2}):([0-5]\d)$/.exec(words);
  if (clock !== null) return Number(clock[1]) * 60 + Number(clock[2]);
  const long =
    /^(\d{1,2}(?:\.\d{1,2})?) ?(?:h|hr|hrs|hours?|horas?)\.?(?: ?(\d{1,2}) ?(?:m|min|minutes?|minutos?)?\.?)?$/.exec(
      words,
    );
  if (long !== null) return Math.round(Number(long[1]) * 60) + Number(long[2] ?? 0);
  const short = /^(\d{1,4}) ?(?:m|min|mins|minutes?|minutos?)?\.?$/.exec(words);
  return short === null ? null : Number(short[1]);
}
