/** The tokens of one's programs: to see, to make, to revoke. */

import { Anchor, Button } from "@mantine/core";
import { KeyRound, Plus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { revokeToken } from "../connection/account";
import type { ApiToken, CreatedApiToken } from "../protocol/generated";
import { Dialog } from "../shared/Dialog";
import { asProblem } from "../shared/problem";
import classes from "./AccountPage.module.css";
import { NewSecret } from "./NewSecret";
import { TokenForm } from "./TokenForm";
import { type Reason, reasonOf, useInstants } from "./tokens";

interface TokenPartProps {
  tokens: readonly ApiToken[];
  /** The list is older than what there is. */
  onChanged(): void;
}

export function TokenPart({ tokens, onChanged }: TokenPartProps) {
  const { t } = useTranslation();
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<CreatedApiToken | null>(null);
  const [asked, setAsked] = useState<ApiToken | null>(null);
  const [said, setSaid] = useState("");
  const status = useRef<HTMLParagraphElement>(null);
  // The button that had the focus goes away with its token; the dialog has given it back by then.
  useEffect(() => {
    if (said !== "") status.current?.focus();
  }, [said]);
  const onRevoked = (token: ApiToken) => {
    setAsked(null);
    if (made?.token.token_id === token.token_id) setMade(null);
    setSaid(t("account.tokens.revoked", { name: token.name }));
    onChanged();
  };
  return (
    <section className={classes.part} aria-labelledby="account-tokens">
      <div className={classes.head}>
        <h2 id="account-tokens">{t("account.tokens.title")}</h2>
        <Button leftSection={<Plus size={18} aria-hidden="true" />} onClick={() => setMaking(true)}>
          {t("account.tokens.make")}
        </Button>
      </div>
      <p className={classes.text}>{t("account.tokens.text")}</p>
      {made !== null && <NewSecret key={made.token.token_id} made={made} onDone={() => setMade(null)} />}
      {tokens.length === 0 ? (
        <p className={classes.text}>{t("account.tokens.none")}</p>
      ) : (
        <ul className={classes.tokens}>
          {tokens.map((token) => (
            <TokenRow key={token.token_id} token={token} onRevoke={() => setAsked(token)} />
          ))}
        </ul>
      )}
      <p ref={status} role="status" tabIndex={-1} className={classes.said}>
        {said}
      </p>
      <p className={classes.foot}>
        <Anchor href="/api/v1/openapi.json" target="_blank" className={classes.link}>
          {t("account.tokens.more")}
        </Anchor>
      </p>
      <Dialog title={t("account.tokens.form.title")} isOpen={isMaking} onClose={() => setMaking(false)}>
        <TokenForm
          onClose={() => setMaking(false)}
          onMade={(created) => {
            setMaking(false);
            setSaid("");
            setMade(created);
            onChanged();
          }}
        />
      </Dialog>
      <Dialog title={t("account.tokens.question")} isOpen={asked !== null} onClose={() => setAsked(null)}>
        {asked !== null && (
          <RevokeQuestion token={asked} onClose={() => setAsked(null)} onRevoked={onRevoked} />
        )}
      </Dialog>
    </section>
  );
}

function TokenRow({ token, onRevoke }: { token: ApiToken; onRevoke(): void }) {
  const { t } = useTranslation();
  const { day, instant } = useInstants();
  const hasEnded = token.expires_at <= Date.now();
  const facts = [
    t(hasEnded ? "account.tokens.ended" : "account.tokens.until", { day: day(token.expires_at) }),
    t("account.tokens.madeOn", { day: day(token.created_at) }),
    token.last_used_at === null
      ? t("account.tokens.unused")
      : t("account.tokens.used", { at: instant(token.last_used_at) }),
  ];
  return (
    <li className={classes.token} data-ended={hasEnded || undefined}>
      <KeyRound size={20} aria-hidden="true" className={classes.icon} />
      <div className={classes.words}>
        <p className={classes.name}>{token.name}</p>
        <p className={classes.facts}>{facts.join(" · ")}</p>
      </div>
      <Button
        variant="default"
        aria-label={t("account.tokens.revokeThis", { name: token.name })}
        onClick={onRevoke}
      >
        {t("account.tokens.revoke")}
      </Button>
    </li>
  );
}

interface RevokeQuestionProps {
  token: ApiToken;
  onClose(): void;
  onRevoked(token: ApiToken): void;
}

function RevokeQuestion({ token, onClose, onRevoked }: RevokeQuestionProps) {
  const { t } = useTranslation();
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<Reason | null>(null);
  const revoke = async () => {
    setSending(true);
    setProblem(null);
    try {
      await revokeToken(token.token_id);
    } catch (error) {
      const { code } = asProblem(error);
      // It was revoked elsewhere: that is what was wanted.
      if (code !== "not_found") {
        setSending(false);
        return setProblem(reasonOf(code));
      }
    }
    onRevoked(token);
  };
  return (
    <div className={classes.question}>
      <p className={classes.text}>{t("account.tokens.consequence", { name: token.name })}</p>
      {problem !== null && (
        <p role="alert" className={classes.problem}>
          {t(`account.tokens.problem.${problem}`)}
        </p>
      )}
      <div className={classes.answers}>
        <Button variant="default" onClick={onClose}>
          {t("account.tokens.keep")}
        </Button>
        <Button color="red" loading={isSending} onClick={() => void revoke()}>
          {t("account.tokens.revoke")}
        </Button>
      </div>
    </div>
  );
}
