/**
 * One document, kept the same here and on the server, over a connection that comes and goes.
 *
 * Whatever goes wrong, the answer is the same: open the document again with the state vector of what is here. The server
 * tells what is missing here and what is missing there, so that nothing depends on which message got through.
 */

import { Awareness, removeAwarenessStates } from "y-protocols/awareness";
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector } from "yjs";
import { createStore, type StoreApi } from "zustand/vanilla";
import { backoffMs } from "../connection/backoff";
import type { Requester } from "../connection/requester";
import type { DocumentOpened, DocumentPresences, DocumentUpdated } from "../protocol/generated";
import { asProblem, type Problem, type ProblemCode } from "../shared/problem";
import { Outgoing } from "./outgoing";
import type { Passages } from "./passage";
import { applyPresence, encodeOwn, hasSaid, type Resolve, TOLD } from "./presence";
import { renumbered } from "./renumber";

export interface DocumentState {
  /** `opening`: nothing of it is here yet. `failed`: it cannot be had, for a reason that waiting does not mend. */
  phase: { kind: "opening" } | { kind: "open" } | { kind: "failed"; problem: Problem };
  /** Everything changed here has been kept. */
  isSaved: boolean;
  /** Why something changed here is not kept yet, beyond a lost connection. */
  trouble: Problem | null;
  /** Grows when the document begins anew: `doc` is another one then. 0 until it is open, and whenever it is begun again. */
  epoch: number;
}

export interface DocumentLinkOptions {
  documentId: string;
  requests: Requester;
  /** Of the connection. */
  passages: Passages;
  /** Whose states are shown, and as whom. */
  resolve: Resolve;
}

const OPEN_DEADLINE_MS = 30_000;
const PRESENCE_MS = 66;
const REOPEN_FIRST_MS = 500;
/** What is refused so is refused again whenever it is sent; of what came in parts, it may have been something else. */
const FOR_GOOD: readonly ProblemCode[] = ["bad_request", "forbidden", "too_large"];

export class DocumentLink {
  readonly documentId: string;
  readonly store: StoreApi<DocumentState> = createStore(() => ({
    phase: { kind: "opening" },
    isSaved: true,
    trouble: null,
    epoch: 0,
  }));
  doc = new Doc();
  /** Under which is written here; Yjs takes another one when it sees somebody else use it. */
  #number = this.doc.clientID;
  awareness = new Awareness(this.doc);
  readonly #requests: Requester;
  readonly #passages: Passages;
  readonly #resolve: Resolve;
  readonly #outgoing: Outgoing;
  #seq = 0;
  /** What the server had when the document was opened last. */
  #serverState = encodeStateVector(new Doc());
  /** Something written under this page's number has been kept: it is this page's. */
  #isNumberOurs = false;
  /** What was written under another number, to be written again, and of which epoch it is. */
  #carried: { update: Uint8Array; epoch: number } | null = null;
  /** That has been tried since something was kept last. */
  #isRenumbered = false;
  /** Something that was sent in parts has been refused, since something was kept last. */
  #isInDoubt = false;
  /** Why something that was written here is gone: told until the next change is kept. */
  #loss: Problem | null = null;
  /** What is told while the document is being opened. */
  #early: DocumentUpdated[] | null = null;
  /** Something was not told while the document was being opened. */
  #isBehind = false;
  #generation = 0;
  /** Ends what the opening before still reads. */
  #reading = new AbortController();
  #attempt = 0;
  #reopenTimer: ReturnType<typeof setTimeout> | undefined;
  #presenceTimer: ReturnType<typeof setTimeout> | undefined;
  /** The others were told that somebody is here. */
  #isTold = false;
  #isClosed = false;

  constructor({ documentId, requests, passages, resolve }: DocumentLinkOptions) {
    this.documentId = documentId;
    this.#requests = requests;
    this.#passages = passages;
    this.#resolve = resolve;
    this.#outgoing = new Outgoing(documentId, requests, {
      onSaved: (isSaved) => this.store.setState(isSaved ? { isSaved, trouble: this.#loss } : { isSaved }),
      onKept: () => {
        this.#isNumberOurs = true;
        this.#isRenumbered = false;
        this.#isInDoubt = false;
        this.#loss = null;
      },
      onFailed: (error, isInParts) => this.#onNotKept(asProblem(error), isInParts),
    });
    this.#watch();
  }

  /** Open the document, or after a lost connection again. */
  open(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#reopenTimer);
    this.#outgoing.pause();
    this.#ask();
  }

  /** Ask for what may not have been told. */
  catchUp(): void {
    if (this.#isClosed) return;
    // A long answer makes a line slow, too, and then it is not to be asked for from its beginning again.
    if (this.#early !== null) this.#isBehind = true;
    else if (this.store.getState().phase.kind === "open") this.#ask();
  }

  onUpdated(notice: DocumentUpdated): void {
    if (this.#early !== null) this.#early.push(notice);
    else if (this.store.getState().phase.kind === "open") this.#take(notice);
  }

  onPresences({ presences }: DocumentPresences): void {
    for (const presence of presences) applyPresence(this.awareness, presence, this.#resolve);
  }

  /** Let go of the document. What is not kept yet is lost. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#generation++;
    this.#reading.abort();
    clearTimeout(this.#reopenTimer);
    clearTimeout(this.#presenceTimer);
    this.#outgoing.pause();
    this.#requests.tell("document_close", { document_id: this.documentId });
    this.awareness.destroy();
    this.doc.destroy();
  }

  /** What is under way meanwhile goes on: where it is much, it would never get there otherwise. */
  #ask(): void {
    this.#early = [];
    this.#isBehind = false;
    this.#reading.abort();
    this.#reading = new AbortController();
    void this.#open(++this.#generation, this.#reading.signal);
  }

  async #open(generation: number, signal: AbortSignal): Promise<void> {
    try {
      const { answer, update } = await this.#passages.read(() => this.#askToOpen(signal), signal);
      if (generation === this.#generation) this.#onOpened(answer, update);
    } catch (error) {
      if (generation === this.#generation) this.#onNotOpened(asProblem(error));
    }
  }

  #askToOpen(signal: AbortSignal): Promise<DocumentOpened> {
    const fields = {
      document_id: this.documentId,
      epoch: this.store.getState().epoch,
      state: encodeStateVector(this.doc),
    };
    return this.#requests.request("document_open", fields, { deadlineMs: OPEN_DEADLINE_MS, signal });
  }

  #onOpened(opened: DocumentOpened, update: Uint8Array): void {
    const { epoch, isSaved } = this.store.getState();
    const isAnew = epoch !== 0 && opened.epoch !== epoch;
    if (isAnew) this.#beginAnew();
    if (opened.epoch === epoch) this.#apply(update);
    else this.#applyFirst(update);
    if (this.#carried?.epoch === opened.epoch) this.#apply(this.#carried.update);
    this.#carried = null;
    this.#seq = opened.seq;
    this.#serverState = opened.state;
    this.#attempt = 0;
    if (isAnew || !this.#outgoing.isOpen) {
      const missing = isSaved || isAnew ? null : encodeStateAsUpdate(this.doc, opened.state);
      this.#outgoing.open(opened.epoch, missing);
    }
    this.store.setState({ phase: { kind: "open" }, epoch: opened.epoch });
    this.onPresences({
      type: "document_presence",
      document_id: this.documentId,
      presences: opened.presences,
    });
    const early = this.#early ?? [];
    this.#early = null;
    for (const notice of early) if (this.#early === null) this.#take(notice);
    this.#tellPresence();
    if (this.#isBehind) this.catchUp();
  }

  #take({ epoch, seq, update }: DocumentUpdated): void {
    if (epoch === this.store.getState().epoch && seq <= this.#seq) return;
    if (epoch !== this.store.getState().epoch) return this.open();
    if (seq !== this.#seq + 1 || update === null) return this.catchUp();
    this.#seq = seq;
    this.#apply(update);
  }

  /** Take in all of a document that nobody has in hand yet. It would be written out again for whoever listens. */
  #applyFirst(update: Uint8Array): void {
    this.doc.off("update", this.#onUpdate);
    this.#apply(update);
    this.doc.on("update", this.#onUpdate);
  }

  /** What an editor that watches the document throws comes out here, when the update has long been taken in. */
  #apply(update: Uint8Array): void {
    try {
      applyUpdate(this.doc, update, TOLD);
    } catch (error) {
      reportError(error);
    }
  }

  #onNotOpened(problem: Problem): void {
    this.#early = null;
    this.#outgoing.pause();
    if (problem.category === "passing") return this.#openLater();
    // What is here stays here: it may be all that is left of what was changed last.
    this.store.setState({ phase: { kind: "failed", problem } });
  }

  #onNotKept(problem: Problem, isInParts: boolean): void {
    // What is being asked for fits what is here now, and that may be about to go.
    this.#generation++;
    this.#early = null;
    const isForGood = FOR_GOOD.includes(problem.code);
    const isFinal = isForGood && (!isInParts || this.#isInDoubt);
    this.#isInDoubt = isForGood && !isFinal;
    if (isFinal) this.#startOver(problem);
    else this.store.setState({ trouble: isForGood || problem.code === "out_of_sync" ? null : problem });
    this.#openLater();
  }

  /**
   * Go on from what the server has: what is here will never be taken, nor what is written after it. Where it may be for
   * the number under which it was written, since somebody else has used that first, it is written again under another.
   */
  #startOver(problem: Problem): void {
    const { doc } = this;
    const { epoch } = this.store.getState();
    const from = this.#number;
    const isCarried = problem.code === "forbidden" && !this.#isNumberOurs && !this.#isRenumbered;
    this.#beginAnew();
    this.#isRenumbered = isCarried;
    if (isCarried) {
      const update = renumbered(doc, this.#serverState, from, new Doc().clientID);
      this.#carried = { update, epoch };
    } else this.#loss = problem;
    this.store.setState({ epoch: 0, isSaved: !isCarried, trouble: problem });
  }

  #openLater(): void {
    clearTimeout(this.#reopenTimer);
    this.#reopenTimer = setTimeout(() => this.open(), backoffMs(this.#attempt++, REOPEN_FIRST_MS));
  }

  /** What is here does not fit the document any more. */
  #beginAnew(): void {
    this.awareness.destroy();
    this.doc.destroy();
    this.doc = new Doc();
    this.#number = this.doc.clientID;
    this.#isNumberOurs = false;
    this.awareness = new Awareness(this.doc);
    this.#watch();
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown) => {
    if (origin !== TOLD) this.#outgoing.add(update);
  };

  #watch(): void {
    this.doc.on("update", this.#onUpdate);
    this.awareness.on("update", (_changes: unknown, origin: unknown) => {
      if (origin !== TOLD) this.#tellPresenceLater();
    });
    // Whoever is told to have gone has gone; states do not have to be looked after otherwise.
    this.doc.on("destroy", () =>
      removeAwarenessStates(this.awareness, [...this.awareness.getStates().keys()], TOLD),
    );
  }

  #tellPresenceLater(): void {
    this.#presenceTimer ??= setTimeout(() => {
      this.#presenceTimer = undefined;
      this.#tellPresence();
    }, PRESENCE_MS);
  }

  #tellPresence(): void {
    const isOpen = this.store.getState().phase.kind === "open" && this.#early === null;
    const isSomewhere = hasSaid(this.awareness);
    if (!isOpen || this.#isClosed || !(isSomewhere || this.#isTold)) return;
    const state = isSomewhere ? encodeOwn(this.awareness) : null;
    this.#isTold = state !== null;
    const fields = { document_id: this.documentId, client: this.awareness.clientID, state };
    this.#requests.tell("document_presence", fields);
  }
}
