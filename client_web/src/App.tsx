/** Which page an address shows. */

import { Route, Switch } from "wouter";
import { HomePage } from "./home/HomePage";
import { RoomPage } from "./room/RoomPage";
import { NoPage } from "./shared/ProblemPage";

export function App() {
  return (
    <Switch>
      <Route path="/">
        <HomePage />
      </Route>
      <Route path="/r/:slug">{({ slug }) => <RoomPage key={slug} slug={slug} />}</Route>
      <Route>
        <NoPage />
      </Route>
    </Switch>
  );
}
