/**
 * One visit to one room: from the pre-join page until one leaves. Ties connection, media, devices and state together;
 * views read its stores and call its methods, and those of its parts.
 */

import type { types } from "mediasoup-client";
import { createStore, type StoreApi } from "zustand/vanilla";
import { fetchPreview } from "../connection/http";
import { RoomConnection } from "../connection/roomConnection";
import type { SocketFactory } from "../connection/socket";
import { LocalMedia } from "../media/localMedia";
import { MediaSession } from "../media/mediaSession";
import type { Joined, MediaSettings, Notice, RoomEvent, RtpCapabilities } from "../protocol/generated";
import type { Memory } from "../shared/storage";
import { Draft } from "../state/drafts";
import {
  afterChatToggled,
  afterEvent,
  afterJoined,
  afterNotice,
  INITIAL_ROOM,
  maySend,
  type RoomState,
  resumePoint,
} from "../state/roomState";
import { ServerClock } from "../state/serverClock";
import { withoutExpired } from "../state/typing";
import { type Visit, VisitMemory } from "../state/visit";
import { announcementOf } from "./announcements";
import { ChatActions } from "./chatActions";
import { Darkness } from "./darkness";
import { Hints } from "./hints";
import { listen } from "./listening";
import { afterReceived, INITIAL_MEDIA, type MediaState, NOBODY_HEARD } from "./mediaState";
import { RoomDocuments, type RoomDocumentsOptions } from "./roomDocuments";
import { roomMediaOf } from "./roomMedia";
import { Sending } from "./sending";
import { Stage } from "./stage";
import { watchPage } from "./watchPage";

export interface RoomSessionOptions {
  slug: string;
  createSocket: SocketFactory;
  loadDevice(capabilities: RtpCapabilities): Promise<types.Device>;
  loadDocumentLink: RoomDocumentsOptions["loadLink"];
  mediaDevices: MediaDevices | undefined;
  permissions: Permissions | undefined;
  deviceMemory: Memory;
  tabMemory: Memory;
}

const TICK_MS = 1_000;
const VISIT_EVERY_MS = 60_000;
const SAVING_MS = 1_500;

export class RoomSession {
  readonly slug: string;
  readonly room: StoreApi<RoomState> = createStore(() => INITIAL_ROOM);
  readonly media: StoreApi<MediaState> = createStore(() => INITIAL_MEDIA);
  readonly hints = new Hints();
  readonly stage = new Stage((pictures) => this.#mediaSession.setView({ pictures }));
  readonly local: LocalMedia;
  readonly sending: Sending;
  readonly chat: ChatActions;
  readonly draft: Draft;
  readonly documents: RoomDocuments;
  readonly visit: VisitMemory;
  readonly clock = new ServerClock();
  /** What was switched on when one left, to come back with the same. */
  lastVisit: Visit | null = null;
  readonly #options: RoomSessionOptions;
  readonly #connection: RoomConnection;
  readonly #mediaSession: MediaSession;
  readonly #darkness = new Darkness((told) => this.media.setState(told));
  readonly #ends: (() => void)[] = [];
  /** Whom this page shows as oneself, once that is known. */
  #personId: string | null = null;
  /** Settles when the server has heard that one leaves. */
  #leaving: Promise<void> = Promise.resolve();
  #device: Promise<types.Device> | null = null;
  #settings: MediaSettings | null = null;

  constructor(options: RoomSessionOptions) {
    this.#options = options;
    this.slug = options.slug;
    this.visit = new VisitMemory(options.tabMemory, options.slug);
    this.draft = new Draft(options.tabMemory, options.slug);
    this.local = new LocalMedia({
      devices: options.mediaDevices,
      permissions: options.permissions,
      memory: options.deviceMemory,
      onSwitched: (kind, label) => this.hints.show({ code: "switched", kind, label }),
    });
    this.#connection = new RoomConnection({
      slug: options.slug,
      createSocket: options.createSocket,
      handlers: {
        onState: (state) => this.#onConnectionState(state),
        onJoined: (joined) => this.#onJoined(joined),
        onRoomEvent: (event) => this.#onRoomEvent(event),
        onNotice: (notice) => this.#onNotice(notice),
        resumePoint: () => resumePoint(this.room.getState()),
      },
    });
    this.chat = new ChatActions(this.#connection.requests, this.room);
    this.documents = new RoomDocuments({
      requests: this.#connection.requests,
      room: this.room,
      loadLink: options.loadDocumentLink,
    });
    this.#mediaSession = new MediaSession({
      requests: this.#connection.requests,
      loadDevice: () => this.#loadDevice(),
      onTracks: (tracks) => {
        this.media.setState(afterReceived(tracks));
        this.#darkness.follow(tracks);
      },
      onSlots: (slots) => this.media.setState({ slots }),
      onStatus: (status) => this.media.setState({ status }),
      onReplaced: (source) => this.sending.onReplaced(source),
      onRefused: (source) => this.sending.onRefused(source),
      onElsewhere: (elsewhere) => this.media.setState({ elsewhere }),
      onDoubt: () => void this.#connection.checkAtOnce(),
      onBlocked: (isBlocked) => this.media.setState({ isBlocked }),
      onUnsupported: () => this.hints.show({ code: "no_webrtc" }),
    });
    this.sending = new Sending({
      local: this.local,
      room: this.room,
      hints: this.hints,
      send: (source, sent) => this.#mediaSession.send(source, sent),
    });
  }

  /** Connect while the person is still at the door, so that Join has little left to do. */
  open(): void {
    this.#connection.open();
    this.#ends.push(
      watchPage({
        onOnline: () => this.#onNetworkChanged(),
        onNetworkChanged: () => this.#onNetworkChanged(),
        onOffline: () => this.#connection.onOffline(),
        onVisible: () => {
          this.#mediaSession.setView({ isVisible: true });
          this.#connection.check();
        },
        onHide: () => this.#rememberVisit(),
        onClosing: () => this.documents.isUnsaved,
        onHidden: () => this.#mediaSession.setView({ isVisible: false }),
      }),
      this.sending.watch(),
      this.local.microphone.store.subscribe(() => this.#rememberVisit()),
      this.local.camera.store.subscribe(() => this.#rememberVisit()),
    );
  }

  /** Take note of who stands at the door, and load what media needs. */
  prepare(personId: string, settings: MediaSettings): void {
    this.#personId = personId;
    this.#settings = settings;
    this.#loadDevice().catch(() => this.hints.show({ code: "no_webrtc" }));
  }

  /** Follow what the door says that one may do inside: who may send nothing keeps no device. */
  permit(permitted: readonly string[]): void {
    this.room.setState({ permitted });
    if (!maySend(this.room.getState())) this.local.release();
  }

  /** Come back without the pre-join page, with what was switched on before. */
  enterDirectly(visit: Visit): void {
    this.#personId = visit.personId;
    this.room.setState({ isChatOpen: visit.isChatOpen });
    void this.local.start({
      isMicrophoneOn: visit.isMicrophoneOn ? true : null,
      isCameraOn: visit.isCameraOn,
    });
    this.join();
  }

  join(): void {
    if (this.room.getState().phase.kind !== "door" || this.#personId === null) return;
    this.room.setState({ phase: { kind: "joining" } });
    this.#connection.join(this.#personId);
  }

  leave(): void {
    this.lastVisit = this.#currentVisit();
    this.visit.forget();
    // What was written last is kept first: that takes a moment at most.
    const leave = () => {
      this.documents.close();
      return this.#connection.leave();
    };
    this.#leaving = this.documents.isUnsaved ? this.documents.saved(SAVING_MS).then(leave) : leave();
    this.room.setState({ phase: { kind: "left" } });
    this.#stop();
  }

  /** Whether this person, who has left here, is still inside elsewhere. Throws `Problem`. */
  async isInsideElsewhere(signal: AbortSignal): Promise<boolean> {
    await this.#leaving;
    const { inside } = await fetchPreview(this.slug, signal);
    return inside.some((person) => person.person_id === this.#personId);
  }

  /** Let go of everything: another page is shown. Who was inside has left. */
  close(): void {
    const { kind } = this.room.getState().phase;
    if (kind === "inside" || kind === "joining") this.leave();
    void this.#leaving.then(() => this.#connection.close());
    this.#stop();
    this.hints.close();
  }

  toggleChat(isOpen = !this.room.getState().isChatOpen): void {
    if (isOpen === this.room.getState().isChatOpen) return;
    this.room.setState((state) => afterChatToggled(state, isOpen));
    this.hints.announce({ code: isOpen ? "chat_open" : "chat_closed" });
    this.#rememberVisit();
  }

  toggleBoard(): void {
    if (this.documents.store.getState().isOpen.board) this.documents.hide("board");
    else this.documents.show("board");
  }

  /** Notes and chat have the same place: the one takes it from the other. */
  toggleNotes(): void {
    const areShown = this.documents.store.getState().isOpen.notes && !this.room.getState().isChatOpen;
    this.toggleChat(false);
    if (areShown) this.documents.hide("notes");
    else this.documents.show("notes");
  }

  setSoundBlocked(isSoundBlocked: boolean): void {
    if (this.media.getState().isSoundBlocked !== isSoundBlocked) this.media.setState({ isSoundBlocked });
  }

  get #isInside(): boolean {
    return this.room.getState().phase.kind === "inside";
  }

  #loadDevice(): Promise<types.Device> {
    const capabilities = this.#settings?.router_rtp_capabilities;
    if (capabilities === undefined) return Promise.reject(new Error("no capabilities yet"));
    this.#device ??= this.#options.loadDevice(capabilities);
    return this.#device;
  }

  #onNetworkChanged(): void {
    void this.#connection.checkAtOnce();
    this.#mediaSession.onNetworkChanged();
  }

  #onConnectionState(connection: RoomState["connection"]): void {
    this.room.setState({ connection });
    if (connection.kind !== "closed" || connection.problem === null) return;
    this.room.setState({ phase: { kind: "stopped", problem: connection.problem } });
    this.documents.close();
    // Reloading brings the new version, and back into the room.
    if (connection.problem.category !== "version") this.visit.forget();
    this.#stop();
  }

  #onJoined(joined: Joined): void {
    this.clock.onTold(joined.now);
    const wasInside = this.#isInside;
    const before = this.room.getState();
    try {
      this.room.setState((state) => afterJoined(state, joined));
    } catch (error) {
      // What was missed does not fit what is known: start again from a snapshot.
      this.room.setState({ snapshot: null });
      throw error;
    }
    if (!maySend(this.room.getState())) this.local.release();
    this.#settings ??= joined.media;
    const room = roomMediaOf(this.room.getState());
    if (room === null) throw new Error("nothing is known of the room that was entered");
    this.#mediaSession.start(room);
    this.stage.follow(room.participants, room.ownId);
    this.documents.onJoined(before);
    if (wasInside) this.#mediaSession.onReconnected(joined.snapshot === null);
    else this.#onFirstInside();
  }

  #onFirstInside(): void {
    const tick = setInterval(() => this.#forgetTyping(), TICK_MS);
    const remember = setInterval(() => this.#rememberVisit(), VISIT_EVERY_MS);
    this.#ends.push(
      listen({
        microphone: this.local.microphone,
        media: this.media,
        onSpeaking: (speaking) => this.#onSpeaking(speaking),
      }),
      () => clearInterval(tick),
      () => clearInterval(remember),
    );
    this.#rememberVisit();
  }

  #onSpeaking(speaking: ReadonlySet<string>): void {
    this.media.setState({ speaking });
    this.stage.onSpeaking(speaking);
  }

  #onRoomEvent(event: RoomEvent): void {
    const before = this.room.getState();
    const after = afterEvent(before, event);
    if (after === before) return;
    this.room.setState(after, true);
    this.documents.onRoomChanged(before);
    if (event.type === "media_reset") this.media.setState(NOBODY_HEARD);
    const announcement = announcementOf(event, before);
    if (announcement !== null) this.hints.announce(announcement);
    const room = roomMediaOf(after);
    if (room === null) return;
    this.#mediaSession.update(room);
    this.stage.follow(room.participants, room.ownId);
  }

  #onNotice(notice: Notice): void {
    this.room.setState((state) => afterNotice(state, notice, Date.now()));
    this.documents.onNotice(notice);
    if (notice.type === "media_transport_closed" && notice.reason !== "replaced") {
      this.#mediaSession.onTransportClosed(notice.transport_id);
    } else if (notice.type === "media_producer_closed") {
      this.#mediaSession.onProducerClosed(notice.producer_id);
    } else if (notice.type === "media_layers_wanted") {
      this.#mediaSession.onLayersWanted(notice.producer_id, notice.layers);
    } else if (notice.type === "media_consumer_dark") {
      this.#mediaSession.onConsumerDark(notice.consumer_id, notice.is_dark);
    } else if (notice.type === "media_speakers") {
      this.media.setState({ slotSpeakers: notice.slots, talking: notice.talking });
      this.stage.onDominant(notice.dominant);
    }
  }

  #forgetTyping(): void {
    const { typing } = this.room.getState();
    const live = withoutExpired(typing, Date.now());
    if (live !== typing) this.room.setState({ typing: live });
  }

  #rememberVisit(): void {
    if (this.#isInside) this.visit.remember(this.#currentVisit());
  }

  #currentVisit(): Visit {
    return {
      personId: this.#personId ?? "",
      isMicrophoneOn: this.local.microphone.state.isOn,
      isCameraOn: this.local.camera.state.isOn,
      isChatOpen: this.room.getState().isChatOpen,
    };
  }

  #stop(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#mediaSession.close();
    this.#darkness.close();
    this.local.close();
  }
}
