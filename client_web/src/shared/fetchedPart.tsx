/** Parts of the page that are fetched when they are first shown. */

import { type ComponentType, useEffect, useState } from "react";

/**
 * Return a component that is fetched when it is first shown; until it is there, `Fallback` is.
 *
 * `fetch` goes on until it has it, and never rejects. React's own `lazy` leaves a fallback for 300 ms once it is seen, however soon the part
 * comes.
 */
export function fetchedPart<Props extends object>(
  fetch: () => Promise<{ default: ComponentType<Props> }>,
  Fallback: ComponentType,
): ComponentType<Props> {
  let fetched: ComponentType<Props> | null = null;
  let fetching: Promise<void> | null = null;
  return function FetchedPart(props: Props) {
    const [Part, setPart] = useState(() => fetched);
    useEffect(() => {
      if (Part !== null) return;
      let isHere = true;
      fetching ??= fetch().then((module) => {
        fetched = module.default;
      });
      void fetching.then(() => isHere && setPart(() => fetched));
      return () => {
        isHere = false;
      };
    }, [Part]);
    return Part === null ? <Fallback /> : <Part {...props} />;
  };
}
