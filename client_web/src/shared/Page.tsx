/** The frame of every page outside the room. */

import { ActionIcon, Anchor, Loader } from "@mantine/core";
import { Settings } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { LateHint } from "./LateHint";
import { Logo } from "./Logo";
import classes from "./Page.module.css";
import { SettingsDialog } from "./SettingsDialog";

interface PageProps {
  children: ReactNode;
  /** What stands at the end of the head, before the settings. */
  aside?: ReactNode;
  /** The page is one calm message in the middle. */
  isCentred?: boolean;
}

export function Page({ children, aside, isCentred = false }: PageProps) {
  const { t } = useTranslation();
  const [isSettingsOpen, setSettingsOpen] = useState(false);
  const closeSettings = () => setSettingsOpen(false);
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <Link href="/" className={classes.brand} aria-label={`${t("app.name")}: ${t("page.home")}`}>
          <Logo size={28} />
          <span>{t("app.name")}</span>
        </Link>
        <div className={classes.aside}>
          {aside}
          <ActionIcon
            size={44}
            color="gray"
            variant="transparent"
            className={classes.gear}
            aria-label={t("page.settings")}
            onClick={() => setSettingsOpen(true)}
          >
            <Settings size={22} />
          </ActionIcon>
        </div>
      </header>
      <main className={classes.main} data-centred={isCentred || undefined}>
        {children}
      </main>
      <SettingsDialog
        isOpen={isSettingsOpen}
        onClose={closeSettings}
        footer={
          <Anchor component={Link} href="/account" onClick={closeSettings} className={classes.wayHome}>
            {t("page.account")}
          </Anchor>
        }
      />
    </div>
  );
}

interface MessageProps {
  title: string;
  children: ReactNode;
  /** What to do now. */
  action?: ReactNode;
  hasWayHome?: boolean;
}

/** One calm message, and what to do now. */
export function MessagePage({ title, children, action, hasWayHome = true }: MessageProps) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  // What had the focus went with the page before: whoever does not see it hears what has happened.
  useEffect(() => heading.current?.focus(), []);
  return (
    <Page isCentred>
      <div className={classes.message}>
        <Logo size={72} />
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <div className={classes.words}>{children}</div>
        {action}
        {hasWayHome && (
          <Anchor component={Link} href="/" className={classes.wayHome}>
            {t("page.home")}
          </Anchor>
        )}
      </div>
    </Page>
  );
}

/** `note` says what is waited for, when that may take a while. */
export function LoadingPage({ note }: { note?: string }) {
  const { t } = useTranslation();
  return (
    <Page isCentred>
      <div className={classes.message} role="status">
        <Loader />
        <span className={note ? classes.words : "visually-hidden"}>{note ?? t("page.loading")}</span>
      </div>
      {note === undefined && <LateHint />}
    </Page>
  );
}
