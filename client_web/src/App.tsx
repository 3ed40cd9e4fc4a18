/** Which page an address shows. */

import { Route, Switch } from "wouter";
import { untilLoaded } from "./connection/untilLoaded";
import { ConnectionTestPage } from "./connectionTest/ConnectionTestPage";
import { HomePage } from "./home/HomePage";
import { RoomPage } from "./room/RoomPage";
import { fetchedPart } from "./shared/fetchedPart";
import { LoadingPage } from "./shared/Page";
import { NoPage } from "./shared/ProblemPage";

const AccountPage = fetchedPart(() => untilLoaded(() => import("./account/AccountPage")), LoadingPage);
const HoursPages = fetchedPart(() => untilLoaded(() => import("./hours/HoursPages")), LoadingPage);
const RecordPages = fetchedPart(() => untilLoaded(() => import("./record/RecordPages")), LoadingPage);

export function App() {
  return (
    <Switch>
      <Route path="/">
        <HomePage />
      </Route>
      <Route path="/connection-test">
        <ConnectionTestPage />
      </Route>
      <Route path="/account">
        <AccountPage />
      </Route>
      <Route path="/r/:slug">{({ slug }) => <RoomPage key={slug} slug={slug} />}</Route>
      <Route path="/rooms/:slug/meetings/:meetingId?">
        {({ slug, meetingId }) => <RecordPages slug={slug} {...(meetingId !== undefined && { meetingId })} />}
      </Route>
      <Route path="/hours/*?">
        <HoursPages />
      </Route>
      <Route>
        <NoPage />
      </Route>
    </Switch>
  );
}
