/** One round control of the room: an icon, a name for those who do not see it, and a caption where there is space. */

import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./RoundButton.module.css";

interface RoundButtonProps {
  /** What a click does: the accessible name. */
  label: string;
  caption?: string | undefined;
  shortcut?: string;
  icon: LucideIcon;
  tone: "on" | "off" | "plain" | "live" | "leave";
  isBusy?: boolean;
  hasProblem?: boolean;
  onClick(): void;
  /** Somebody is about to click: what that needs may be fetched. */
  onApproach?(): void;
  children?: ReactNode;
  describedBy?: string | undefined;
  controls?: string;
  isExpanded?: boolean;
  id?: string;
}

export function RoundButton(props: RoundButtonProps) {
  const { label, caption, shortcut, icon: Icon, tone, isBusy = false, hasProblem = false } = props;
  return (
    <button
      id={props.id}
      type="button"
      className={classes.button}
      data-tone={tone}
      data-busy={isBusy || undefined}
      aria-label={label}
      aria-describedby={props.describedBy}
      aria-controls={props.isExpanded ? props.controls : undefined}
      aria-expanded={props.isExpanded}
      aria-keyshortcuts={shortcut}
      title={shortcut ? `${label} (${shortcut})` : label}
      onClick={props.onClick}
      onFocus={props.onApproach}
      onPointerEnter={props.onApproach}
    >
      <span className={classes.disc}>
        <Icon size={22} aria-hidden="true" />
        {hasProblem && (
          <span className={classes.mark} aria-hidden="true">
            !
          </span>
        )}
        {props.children}
      </span>
      {caption !== undefined && (
        <span className={classes.caption} aria-hidden="true">
          {caption}
        </span>
      )}
    </button>
  );
}
