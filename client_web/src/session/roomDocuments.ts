/** Board and notes of a visit: which of the room's documents are shown, and what one can do with them. */

import { createStore, type StoreApi } from "zustand/vanilla";
import type { Requester } from "../connection/requester";
import type { DocumentLink } from "../documents/documentLink";
import { Passages } from "../documents/passage";
import type { Author, DocumentInfo, DocumentKind, DocumentVersion, Notice } from "../protocol/generated";
import { byAge } from "../state/applyDocumentEvent";
import { isKnown, newestOf, shownPage, withDocument, withPage } from "../state/documentList";
import type { RoomState } from "../state/roomState";

type LinkClass = typeof DocumentLink;

const KINDS: readonly DocumentKind[] = ["board", "notes"];

export interface DocumentsState {
  /** What is shown of each kind: the document's id, or `null` until it is opened, or when it was removed. */
  shown: Readonly<Record<DocumentKind, string | null>>;
  /** Of each kind: somebody has begun a page while it was closed. */
  hasNews: Readonly<Record<DocumentKind, boolean>>;
  isOpen: Readonly<Record<DocumentKind, boolean>>;
  /** What the person has just asked to see: it has the keyboard once it is there. */
  sought: DocumentKind | null;
  /** One looks at the board as the presenter does. */
  isFollowing: boolean;
  /** Earlier documents are being read. */
  isReading: boolean;
  /** By document id; what is needed for it is loaded when the first one is opened. */
  links: Readonly<Record<string, DocumentLink>>;
}

const CLOSED: DocumentsState = {
  shown: { board: null, notes: null },
  hasNews: { board: false, notes: false },
  isOpen: { board: false, notes: false },
  sought: null,
  isFollowing: false,
  isReading: false,
  links: {},
};

export interface RoomDocumentsOptions {
  requests: Requester;
  room: StoreApi<RoomState>;
  /** Loads what is too large for the first load. */
  loadLink(): Promise<LinkClass>;
}

export class RoomDocuments {
  readonly store: StoreApi<DocumentsState> = createStore(() => CLOSED);
  readonly #requests: Requester;
  readonly #passages: Passages;
  readonly #room: StoreApi<RoomState>;
  readonly #loadLink: () => Promise<LinkClass>;
  readonly #opening = new Set<string>();
  /** Which documents there are has been read back to here before. */
  #readBackTo: DocumentInfo | null = null;

  constructor({ requests, room, loadLink }: RoomDocumentsOptions) {
    this.#requests = requests;
    this.#passages = new Passages(requests);
    this.#room = room;
    this.#loadLink = loadLink;
  }

  /** Show a kind of document, or another page of it, as the person asks. Who leaves a presenter's page follows no more. */
  show(kind: DocumentKind, documentId: string | null = this.store.getState().shown[kind]): void {
    this.store.setState({ sought: kind });
    const presented = this.#presenter?.document.document_id;
    if (kind === "board" && documentId !== null && documentId !== presented) this.setFollowing(false);
    this.#show(kind, documentId);
  }

  /** What was asked for has the keyboard. */
  found(): void {
    this.store.setState({ sought: null });
  }

  #show(kind: DocumentKind, documentId: string | null): void {
    this.store.setState(({ shown, isOpen, hasNews }) => ({
      shown: { ...shown, [kind]: documentId },
      isOpen: { ...isOpen, [kind]: true },
      hasNews: { ...hasNews, [kind]: false },
    }));
    this.#settle();
  }

  hide(kind: DocumentKind): void {
    this.store.setState(({ isOpen }) => ({ isOpen: { ...isOpen, [kind]: false } }));
    if (kind === "board") this.setFollowing(false);
    this.#settle();
  }

  /** Look at the board as the presenter does, wherever they turn, or as one likes. */
  setFollowing(isFollowing: boolean): void {
    const presenter = this.#presenter;
    if (isFollowing && presenter !== null) this.#show("board", presenter.document.document_id);
    if (this.store.getState().isFollowing !== isFollowing) this.store.setState({ isFollowing });
  }

  /** Begin a page; when somebody else has just done so, theirs is shown. Throws `Problem`. */
  async begin(kind: DocumentKind, title: string, update?: Uint8Array): Promise<void> {
    const after = newestOf(this.#known, kind)?.document_id ?? null;
    const fields = { kind, title, after, ...(update === undefined ? {} : { update }) };
    const { document } = await this.#requests.request("document_create", fields);
    // Somebody else's may be an earlier one than those that are known.
    this.#room.setState(({ documents }) =>
      isKnown(documents, document.document_id) ? {} : { documents: withDocument(documents, document) },
    );
    this.show(kind, document.document_id);
  }

  /** Throws `Problem`. */
  async rename(documentId: string, title: string): Promise<void> {
    await this.#requests.request("document_rename", { document_id: documentId, title });
  }

  /** Throws `Problem`. */
  async setLocked(documentId: string, isLocked: boolean): Promise<void> {
    await this.#requests.request("document_lock", { document_id: documentId, is_locked: isLocked });
  }

  /** Throws `Problem`. */
  async remove(documentId: string): Promise<void> {
    await this.#requests.request("document_remove", { document_id: documentId });
  }

  /** Throws `Problem`. */
  async restore(documentId: string): Promise<void> {
    await this.#requests.request("document_restore", { document_id: documentId });
  }

  /** Throws `Problem`. */
  async beginAnew(documentId: string): Promise<void> {
    await this.#requests.request("document_begin_anew", { document_id: documentId });
  }

  /** Have the others follow one's own view of a page, or no more. Throws `Problem`. */
  async present(documentId: string | null): Promise<void> {
    await this.#requests.request("document_present", { document_id: documentId });
  }

  /** Read which documents are next before those that are known. Throws `Problem`. */
  async loadEarlier(): Promise<void> {
    const { since, hasMore } = this.#room.getState().documents;
    if (since === null || !hasMore || this.store.getState().isReading) return;
    const before = since.document_id;
    this.store.setState({ isReading: true });
    try {
      const page = await this.#requests.request("document_page", { before });
      this.#room.setState(({ documents }) => ({ documents: withPage(documents, before, page) }));
    } finally {
      this.store.setState({ isReading: false });
    }
    this.#settle();
  }

  /** Throws `Problem`. */
  async versions(documentId: string): Promise<readonly DocumentVersion[]> {
    return (await this.#requests.request("document_versions", { document_id: documentId })).versions;
  }

  /** Return all of a document as it was, as one update. Throws `Problem`. */
  async version(documentId: string, seq: number, signal?: AbortSignal): Promise<Uint8Array> {
    const fields = { document_id: documentId, seq };
    const ask = () => this.#requests.request("document_version", fields, { signal });
    return (await this.#passages.read(ask, signal)).update;
  }

  /** Throws `Problem`. */
  async authors(documentId: string): Promise<readonly Author[]> {
    return (await this.#requests.request("document_authors", { document_id: documentId })).authors;
  }

  /** The connection is there, for the first time or again. */
  onJoined({ documents: { since } }: RoomState): void {
    // Of earlier documents nobody has told meanwhile what became of them; nor of one that was presented, and is shown.
    const presented = this.#presenter?.document.document_id;
    const shown = KINDS.flatMap((kind) => this.#shown(kind) ?? []);
    for (const one of [since, ...shown.filter((page) => page.document_id !== presented)])
      if (one !== null && (this.#readBackTo === null || byAge(one, this.#readBackTo) < 0))
        this.#readBackTo = one;
    for (const link of Object.values(this.store.getState().links)) link.open();
    this.#settle();
  }

  /** Something has been told of the room. */
  onRoomChanged(before: RoomState): void {
    const presenter = this.#presenter;
    const earlier = before.snapshot?.documents.presenter ?? null;
    if (presenter?.participant_id !== earlier?.participant_id) this.#onPresenter();
    else if (presenter !== null && presenter !== earlier && this.store.getState().isFollowing)
      this.#show("board", presenter.document.document_id);
    if (before.documents === this.#room.getState().documents) return;
    if (before.snapshot !== null) this.#noteNews(before.documents.documents);
    for (const link of Object.values(this.store.getState().links)) {
      const was = before.documents.documents.find((one) => one.document_id === link.documentId);
      const now = this.#known.find((one) => one.document_id === link.documentId);
      if (now !== undefined && now !== was && isToBeReopened(link, was, now)) link.open();
    }
    this.#settle();
  }

  onNotice(notice: Notice): void {
    if (notice.type === "notices_dropped")
      for (const link of Object.values(this.store.getState().links)) link.catchUp();
    if (notice.type !== "document_updated" && notice.type !== "document_presence") return;
    const link = this.store.getState().links[notice.document_id];
    if (notice.type === "document_updated") link?.onUpdated(notice);
    else link?.onPresences(notice);
  }

  /** Whether something changed here has not been kept yet. */
  get isUnsaved(): boolean {
    return Object.values(this.store.getState().links).some((link) => !link.store.getState().isSaved);
  }

  /** Wait until everything is kept, so long at most. */
  async saved(atMostMs: number): Promise<void> {
    const links = Object.values(this.store.getState().links);
    const late = new Promise<void>((resolve) => setTimeout(resolve, atMostMs));
    await Promise.race([late, Promise.all(links.map(saved))]);
  }

  close(): void {
    for (const link of Object.values(this.store.getState().links)) link.close();
    this.store.setState(CLOSED, true);
  }

  get #known(): readonly DocumentInfo[] {
    return this.#room.getState().documents.documents;
  }

  get #presenter() {
    return this.#room.getState().snapshot?.documents.presenter ?? null;
  }

  /** Somebody begins to present: like a shared screen, that is shown to all who are not at work on another page. */
  #onPresenter(): void {
    const presenter = this.#presenter;
    const ownId = this.#room.getState().you?.participant_id;
    if (presenter === null || presenter.participant_id === ownId) return this.setFollowing(false);
    const isElsewhere =
      this.store.getState().isOpen.board &&
      this.#shown("board")?.document_id !== presenter.document.document_id;
    if (!isElsewhere) this.setFollowing(true);
  }

  #shown(kind: DocumentKind): DocumentInfo | undefined {
    return shownPage(kind, this.#known, this.store.getState().shown[kind]);
  }

  /** Who has the board or the notes closed is told that something was begun there. */
  #noteNews(before: readonly DocumentInfo[]): void {
    for (const kind of KINDS) {
      const [was, now] = [newestOf(before, kind), newestOf(this.#known, kind)];
      const isBegun = now !== undefined && (was === undefined || byAge(was, now) < 0);
      if (!isBegun || this.store.getState().isOpen[kind]) continue;
      this.store.setState(({ hasNews }) => ({ hasNews: { ...hasNews, [kind]: true } }));
    }
  }

  /** Have exactly those documents open that are shown, and those of which something is not kept yet. */
  #settle(): void {
    this.#turnFromRemoved();
    const { isOpen, links } = this.store.getState();
    const pages = KINDS.filter((kind) => isOpen[kind]).map((kind) => this.#stayOn(kind));
    if (pages.includes(undefined) || this.#isToBeReadAgain) this.loadEarlier().catch(() => undefined);
    const wanted = new Set(pages.flatMap((page) => page?.document_id ?? []));
    for (const id of wanted) if (links[id] === undefined) void this.#open(id);
    for (const [id, link] of Object.entries(links)) {
      if (wanted.has(id)) continue;
      if (link.store.getState().isSaved) this.#forget(id, link);
      else void saved(link).then(() => this.#settle());
    }
  }

  /** Return what is shown. It stays: a page that somebody begins takes nobody away from what they are at. */
  #stayOn(kind: DocumentKind): DocumentInfo | undefined {
    const page = this.#shown(kind);
    if (page !== undefined && this.store.getState().shown[kind] !== page.document_id) {
      this.store.setState(({ shown }) => ({ shown: { ...shown, [kind]: page.document_id } }));
    }
    return page;
  }

  /** What was shown and is removed is not shown again when it comes back. */
  #turnFromRemoved(): void {
    const { shown } = this.store.getState();
    const { documents } = this.#room.getState();
    for (const kind of KINDS) {
      const id = shown[kind];
      if (id === null || isKnown(documents, id)) continue;
      this.store.setState((state) => ({ shown: { ...state.shown, [kind]: null } }));
    }
  }

  get #isToBeReadAgain(): boolean {
    const { since } = this.#room.getState().documents;
    return since !== null && this.#readBackTo !== null && byAge(this.#readBackTo, since) < 0;
  }

  async #open(documentId: string): Promise<void> {
    if (this.#opening.has(documentId)) return;
    this.#opening.add(documentId);
    try {
      const Link = await this.#loadLink();
      if (!this.#isWanted(documentId)) return;
      const link = new Link({
        documentId,
        requests: this.#requests,
        passages: this.#passages,
        resolve: (id) => this.#resolve(id),
      });
      this.store.setState(({ links }) => ({ links: { ...links, [documentId]: link } }));
      link.open();
    } finally {
      this.#opening.delete(documentId);
    }
    this.#settle();
  }

  #isWanted(documentId: string): boolean {
    const { isOpen } = this.store.getState();
    return KINDS.some((kind) => isOpen[kind] && this.#shown(kind)?.document_id === documentId);
  }

  #forget(documentId: string, link: DocumentLink): void {
    link.close();
    this.store.setState(({ links: { [documentId]: _gone, ...links } }) => ({ links }));
  }

  #resolve(participantId: string) {
    const participants = this.#room.getState().snapshot?.participants;
    const found = participants?.find((participant) => participant.participant_id === participantId);
    if (found === undefined) return null;
    return { participantId, name: found.name, personId: found.person_id };
  }
}

/** Whether what is open of a document is an earlier epoch of it, or could not be had for a reason that is gone. */
function isToBeReopened(link: DocumentLink, was: DocumentInfo | undefined, now: DocumentInfo): boolean {
  const { phase, epoch } = link.store.getState();
  if (phase.kind === "failed" && phase.problem.code === "document_broken") return now.health !== "broken";
  if (phase.kind === "failed") return phase.problem.code === "not_found";
  // Of what is being opened the answer may be under way already.
  return epoch !== now.epoch && (epoch !== 0 || was?.epoch !== now.epoch);
}

function saved(link: DocumentLink): Promise<void> {
  return new Promise((resolve) => {
    if (link.store.getState().isSaved) return resolve();
    const end = link.store.subscribe(({ isSaved }) => {
      if (!isSaved) return;
      end();
      resolve();
    });
  });
}
