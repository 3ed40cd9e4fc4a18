/** A message's words, with its links to click. */

import { Fragment } from "react";
import { tokenize } from "../shared/linkTokens";
import classes from "./MessageText.module.css";

export function MessageText({ text }: { text: string }) {
  return tokenize(text).map((token, index) => {
    // The tokens of one text never change places.
    const key = `${index}`;
    if (token.kind === "text") return <Fragment key={key}>{token.text}</Fragment>;
    return (
      <a key={key} className={classes.link} href={token.href} target="_blank" rel="noopener noreferrer">
        {token.text}
      </a>
    );
  });
}
