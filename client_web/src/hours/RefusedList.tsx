/** Entries that were not confirmed, or approved, with others: which, and why each was not. */

import { Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { entryPath } from "./paths";
import classes from "./RefusedList.module.css";
import type { Refused } from "./reasons";
import { useEntryWords } from "./useEntryWords";

interface RefusedListProps {
  refused: readonly Refused[];
  today: string;
  ownId: string;
}

export function RefusedList({ refused, today, ownId }: RefusedListProps) {
  if (refused.length === 0) return null;
  return (
    <ul className={classes.list}>
      {refused.map((one) => (
        <RefusedLine key={one.entry.entry_id} refused={one} today={today} ownId={ownId} />
      ))}
    </ul>
  );
}

function RefusedLine({ refused, today, ownId }: { refused: Refused; today: string; ownId: string }) {
  const { t } = useTranslation();
  const { all } = useEntryWords(refused.entry, today, ownId);
  return (
    <li className={classes.line}>
      <Anchor component={Link} href={entryPath(refused.entry.entry_id)} className={classes.what}>
        {all}
      </Anchor>
      <span className={classes.why}>{t(`hours.problem.${refused.reason}`)}</span>
    </li>
  );
}
