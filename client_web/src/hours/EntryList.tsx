/** Entries that fit what is looked for, with what one can do about each. */

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { EntryQuery } from "../connection/hours";
import { LateHint } from "../shared/LateHint";
import classes from "./EntryList.module.css";
import { EntryRow } from "./EntryRow";
import { newestOf } from "./steps";
import { useEntries } from "./useEntries";
import { useSteps } from "./useSteps";

interface EntryListProps {
  /** Stable: another one is given with another `key`. */
  query: EntryQuery;
  today: string;
  ownId: string;
  /** A step was taken: what depends on the log is older now. */
  onChanged(): void;
}

export function EntryList({ query, today, ownId, onChanged }: EntryListProps) {
  const { t } = useTranslation();
  const { entries, problem, hasMore, isReading, readMore, retry } = useEntries(query);
  const taker = useSteps(() => {
    retry();
    onChanged();
  });
  if (entries === null) {
    if (problem === null) {
      return (
        <div className={classes.waiting}>
          <p>{t("page.loading")}</p>
          <LateHint />
        </div>
      );
    }
    return (
      <div className={classes.waiting}>
        <p role="alert">{t("hours.list.unread")}</p>
        <Button variant="default" onClick={retry}>
          {t("page.tryAgain")}
        </Button>
      </div>
    );
  }
  if (entries.length === 0) return <p className={classes.none}>{t("hours.list.none")}</p>;
  return (
    <>
      <ul className={classes.list}>
        {newestOf(entries, taker.steps).map((entry) => (
          <EntryRow key={entry.entry_id} entry={entry} today={today} ownId={ownId} taker={taker} />
        ))}
      </ul>
      {hasMore && <p className={classes.notAll}>{t("hours.list.notAll")}</p>}
      {(hasMore || problem !== null) && (
        <div className={classes.foot}>
          {hasMore && (
            <Button variant="default" loading={isReading} onClick={readMore}>
              {t("hours.list.more")}
            </Button>
          )}
          {problem !== null && <p role="alert">{t("hours.list.unread")}</p>}
        </div>
      )}
    </>
  );
}
