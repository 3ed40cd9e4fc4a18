/** `/hours` and what is below it: loaded when somebody looks at hours, with its texts. */

import { Route, Switch } from "wouter";
import { untilLoaded } from "../connection/untilLoaded";
import { fetchedPart } from "../shared/fetchedPart";
import { LoadingPage } from "../shared/Page";
import { NoPage } from "../shared/ProblemPage";
import { EntryPage } from "./EntryPage";
import { MyHoursPage } from "./MyHoursPage";
import { PairPage } from "./PairPage";
import { useHoursTexts } from "./texts";
import "./paper.css";

/** Only coordinators need it. */
const ProgrammePage = fetchedPart(() => untilLoaded(() => import("./programme/ProgrammePage")), LoadingPage);

export default function HoursPages() {
  useHoursTexts();
  return (
    <Switch>
      <Route path="/hours">
        <MyHoursPage />
      </Route>
      <Route path="/hours/pairs/:pairId">{({ pairId }) => <PairPage key={pairId} pairId={pairId} />}</Route>
      <Route path="/hours/entries/:entryId">
        {({ entryId }) => <EntryPage key={entryId} entryId={entryId} />}
      </Route>
      <Route path="/hours/programme">
        <ProgrammePage />
      </Route>
      <Route>
        <NoPage />
      </Route>
    </Switch>
  );
}
