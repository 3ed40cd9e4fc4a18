/** `/hours` and what is below it: loaded when somebody looks at hours, with its texts. */

import { Route, Switch } from "wouter";
import { NoPage } from "../shared/ProblemPage";
import { MyHoursPage } from "./MyHoursPage";
import { useHoursTexts } from "./texts";

export default function HoursPages() {
  useHoursTexts();
  return (
    <Switch>
      <Route path="/hours">
        <MyHoursPage />
      </Route>
      <Route>
        <NoPage />
      </Route>
    </Switch>
  );
}
