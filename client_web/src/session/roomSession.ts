/**
 * One visit to one room: from the pre-join page until one leaves. Ties connection, media, devices and state together;
 * views read its stores and call its methods.
 */

import type { types } from "mediasoup-client";
import { createStore, type StoreApi } from "zustand/vanilla";
import { fetchPreview } from "../connection/http";
import { RoomConnection } from "../connection/roomConnection";
import type { SocketFactory } from "../connection/socket";
import type { SlotTrack } from "../media/audioSlots";
import type { Capture } from "../media/capture";
import { LocalMedia, type Wanted } from "../media/localMedia";
import { MediaSession, type MediaStatus } from "../media/mediaSession";
import { OwnVoice } from "../media/ownVoice";
import { pictureId } from "../media/picture";
import { PlayoutKeeper } from "../media/playoutKeeper";
import { SpeakingMonitor } from "../media/speakingMonitor";
import type { ReceivedTrack } from "../media/subscriptions";
import {
  type Joined,
  type MediaSettings,
  type Notice,
  type RoomEvent,
  type RtpCapabilities,
  SCREENS_AT_ONCE,
  type Source,
} from "../protocol/generated";
import type { Memory } from "../shared/storage";
import { Draft } from "../state/drafts";
import {
  afterChatToggled,
  afterEvent,
  afterJoined,
  afterNotice,
  INITIAL_ROOM,
  type RoomState,
  resumePoint,
} from "../state/roomState";
import { withoutExpired } from "../state/typing";
import { type Visit, VisitMemory } from "../state/visit";
import { ChatActions } from "./chatActions";
import { Hints } from "./hints";
import { Stage } from "./stage";
import { watchPage } from "./watchPage";

export type RemoteTracks = Readonly<Record<string, Partial<Record<Source, MediaStreamTrack>>>>;

export interface MediaState {
  status: MediaStatus;
  /** Pictures of others, by participant and source. */
  tracks: RemoteTracks;
  /** Ids of pictures that the line is too slow for. */
  dark: ReadonlySet<string>;
  /** The room's sound, by audio slot. */
  slots: readonly SlotTrack[];
  /** Who is in which audio slot, by participant id, as the server tells. */
  slotSpeakers: readonly (string | null)[];
  /** Who talks, by participant id, the most important first: for all in the room the same. */
  talking: readonly string[];
  /** Who has been talking most lately, to be shown large; stays while nobody talks. Oneself, too. */
  dominant: string | null;
  /** Who of the others is heard here just now: for the marks on their tiles. */
  speaking: ReadonlySet<string>;
  isSpeaking: boolean;
  isTalkingMuted: boolean;
  /** What the others get of this person from another tab or device. */
  elsewhere: readonly Source[];
  /** The browser plays no sound before somebody touches the page. */
  isSoundBlocked: boolean;
}

export interface RoomSessionOptions {
  slug: string;
  createSocket: SocketFactory;
  loadDevice(capabilities: RtpCapabilities): Promise<types.Device>;
  mediaDevices: MediaDevices | undefined;
  permissions: Permissions | undefined;
  deviceMemory: Memory;
  tabMemory: Memory;
}

const NOBODY_HEARD = { slotSpeakers: [], talking: [], dominant: null };
const TICK_MS = 1_000;
const VISIT_EVERY_MS = 60_000;

export class RoomSession {
  readonly slug: string;
  readonly room: StoreApi<RoomState> = createStore(() => INITIAL_ROOM);
  readonly media: StoreApi<MediaState> = createStore(() => ({
    status: "connecting",
    tracks: {},
    dark: new Set<string>(),
    slots: [],
    ...NOBODY_HEARD,
    speaking: new Set<string>(),
    isSpeaking: false,
    isTalkingMuted: false,
    elsewhere: [],
    isSoundBlocked: false,
  }));
  readonly hints = new Hints();
  readonly stage = new Stage((pictures) => this.#mediaSession.setView({ pictures }));
  readonly local: LocalMedia;
  readonly chat: ChatActions;
  readonly draft: Draft;
  readonly visit: VisitMemory;
  /** What was switched on when one left, to come back with the same. */
  lastVisit: Visit | null = null;
  readonly #options: RoomSessionOptions;
  readonly #connection: RoomConnection;
  readonly #mediaSession: MediaSession;
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
    this.#mediaSession = new MediaSession({
      requests: this.#connection.requests,
      loadDevice: () => this.#loadDevice(),
      onTracks: (tracks) => this.#onTracks(tracks),
      onSlots: (slots) => this.media.setState({ slots }),
      onStatus: (status) => this.media.setState({ status }),
      onReplaced: (source) => this.#onReplaced(source),
      onRefused: (source) => this.#onRefused(source),
      onElsewhere: (elsewhere) => this.media.setState({ elsewhere }),
      onUnsupported: () => this.hints.show({ code: "no_webrtc" }),
    });
  }

  /** Connect while the person is still at the door, so that Join has little left to do. */
  open(): void {
    this.#connection.open();
    this.#ends.push(
      watchPage({
        onOnline: () => this.#connection.retryNow(),
        onOffline: () => this.#connection.onOffline(),
        onVisible: () => {
          this.#mediaSession.setView({ isVisible: true });
          this.#connection.check();
        },
        onHide: () => this.#rememberVisit(),
        onHidden: () => this.#mediaSession.setView({ isVisible: false }),
      }),
    );
    for (const capture of [this.local.microphone, this.local.camera]) {
      this.#ends.push(capture.store.subscribe(() => this.#onCapture(capture)));
    }
    const { screen } = this.local;
    this.#ends.push(
      screen.store.subscribe(({ track }, before) => {
        if (track !== before.track) this.#onScreen(track);
      }),
    );
  }

  /** Take note of who stands at the door, and load what media needs. */
  prepare(personId: string, settings: MediaSettings): void {
    this.#personId = personId;
    this.#settings = settings;
    this.#loadDevice().catch(() => this.hints.show({ code: "no_webrtc" }));
  }

  startDevices(wanted: Wanted): Promise<void> {
    return this.local.start(wanted);
  }

  /** Come back without the pre-join page, with what was switched on before. */
  enterDirectly(visit: Visit): void {
    this.#personId = visit.personId;
    this.room.setState({ isChatOpen: visit.isChatOpen });
    void this.startDevices({
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
    this.#leaving = this.#connection.leave();
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
    this.#connection.close();
    this.#stop();
    this.hints.close();
  }

  toggleMicrophone(): void {
    void this.#toggle(this.local.microphone);
  }

  toggleCamera(): void {
    void this.#toggle(this.local.camera);
  }

  /** Share one's screen, or end that. */
  toggleScreen(): void {
    const { screen } = this.local;
    if (screen.state.track !== null) return screen.stop();
    if (!screen.isSupported || this.#roomMedia()?.canSend !== true) return;
    if (this.#isFullOfScreens()) return this.hints.show({ code: "too_many_screens" });
    void screen.start().then((outcome) => {
      if (outcome === "failed") this.hints.show({ code: "screen_failed" });
    });
  }

  toggleChat(isOpen = !this.room.getState().isChatOpen): void {
    if (isOpen === this.room.getState().isChatOpen) return;
    this.room.setState((state) => afterChatToggled(state, isOpen));
    this.hints.announce({ code: isOpen ? "chat_open" : "chat_closed" });
    this.#rememberVisit();
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

  #onConnectionState(connection: RoomState["connection"]): void {
    this.room.setState({ connection });
    if (connection.kind !== "closed" || connection.problem === null) return;
    this.room.setState({ phase: { kind: "stopped", problem: connection.problem } });
    // Reloading brings the new version, and back into the room.
    if (connection.problem.category !== "version") this.visit.forget();
    this.#stop();
  }

  #onJoined(joined: Joined): void {
    const wasInside = this.#isInside;
    try {
      this.room.setState((state) => afterJoined(state, joined));
    } catch (error) {
      // What was missed does not fit what is known: start again from a snapshot.
      this.room.setState({ snapshot: null });
      throw error;
    }
    this.#settings ??= joined.media;
    const room = this.#roomMedia();
    if (room === null) throw new Error("nothing is known of the room that was entered");
    this.#mediaSession.start(room);
    this.stage.follow(room.participants, room.ownId);
    if (wasInside) this.#mediaSession.onReconnected(joined.snapshot === null);
    else this.#onFirstInside();
  }

  #onFirstInside(): void {
    const voice = new OwnVoice((heard) => this.media.setState(heard));
    const monitor = new SpeakingMonitor((speaking) => this.#onSpeaking(speaking));
    const playout = new PlayoutKeeper();
    const listen = () => {
      const { source, isOn } = this.local.microphone.state;
      voice.listenTo(source, !isOn);
    };
    listen();
    const tick = setInterval(() => this.#forgetTyping(), TICK_MS);
    const remember = setInterval(() => this.#rememberVisit(), VISIT_EVERY_MS);
    const watchPlayout = () => {
      playout.watch([...this.#received.getState(), ...this.media.getState().slots]);
    };
    const monitorSlots = ({ slots, slotSpeakers, talking }: MediaState) => {
      watchPlayout();
      monitor.listenTo(slots);
      monitor.follow({ slots: slotSpeakers, talking });
    };
    this.#ends.push(
      this.local.microphone.store.subscribe(listen),
      this.#received.subscribe(watchPlayout),
      this.media.subscribe(monitorSlots),
      () => voice.close(),
      () => monitor.close(),
      () => playout.close(),
      () => clearInterval(tick),
      () => clearInterval(remember),
    );
    monitorSlots(this.media.getState());
    for (const capture of [this.local.microphone, this.local.camera]) this.#onCapture(capture);
    this.#rememberVisit();
  }

  readonly #received: StoreApi<readonly ReceivedTrack[]> = createStore<readonly ReceivedTrack[]>(() => []);

  #onTracks(received: readonly ReceivedTrack[]): void {
    this.#received.setState(received, true);
    const tracks: Record<string, Partial<Record<Source, MediaStreamTrack>>> = {};
    const dark = new Set<string>();
    for (const { participantId, source, track, isDark } of received) {
      tracks[participantId] = { ...tracks[participantId], [source]: track };
      if (isDark) dark.add(pictureId(participantId, source));
    }
    this.media.setState({ tracks, dark });
  }

  /** Whoever finds out who speaks tells it here. */
  #onSpeaking(speaking: ReadonlySet<string>): void {
    this.media.setState({ speaking });
    this.stage.onSpeaking(speaking);
  }

  #onRoomEvent(event: RoomEvent): void {
    const before = this.room.getState();
    const after = afterEvent(before, event);
    if (after === before) return;
    this.room.setState(after, true);
    if (event.type === "media_reset") this.media.setState(NOBODY_HEARD);
    this.#announce(event, before);
    const room = this.#roomMedia();
    if (room === null) return;
    this.#mediaSession.update(room);
    this.stage.follow(room.participants, room.ownId);
  }

  #announce(event: RoomEvent, before: RoomState): void {
    const ownId = before.you?.participant_id;
    if (event.type === "participant_joined" && event.participant.participant_id !== ownId) {
      this.hints.announce({ code: "joined", name: event.participant.name });
    } else if (event.type === "participant_left") {
      const gone = before.snapshot?.participants.find((p) => p.participant_id === event.participant_id);
      if (gone !== undefined && event.participant_id !== ownId) {
        this.hints.announce({ code: "left", name: gone.name });
      }
    } else if (event.type === "participant_changed") {
      const { participant_id, name, producers } = event.participant;
      const earlier = before.snapshot?.participants.find((p) => p.participant_id === participant_id);
      const isSharing = producers.some(({ source }) => source === "screen");
      const wasSharing = earlier?.producers.some(({ source }) => source === "screen");
      if (isSharing && !wasSharing && participant_id !== ownId) this.hints.announce({ code: "shares", name });
    } else if (event.type === "chat_sent" && !before.isChatOpen) {
      const { name, text } = event.message;
      this.hints.announce({ code: "message", name, text });
    }
  }

  #onNotice(notice: Notice): void {
    this.room.setState((state) => afterNotice(state, notice, Date.now()));
    if (notice.type === "media_transport_closed" && notice.reason !== "replaced") {
      this.#mediaSession.onTransportClosed(notice.transport_id);
    } else if (notice.type === "media_producer_closed") {
      this.#mediaSession.onProducerClosed(notice.producer_id);
    } else if (notice.type === "media_layers_wanted") {
      this.#mediaSession.onLayersWanted(notice.producer_id, notice.layers);
    } else if (notice.type === "media_consumer_dark") {
      this.#mediaSession.onConsumerDark(notice.consumer_id, notice.is_dark);
    } else if (notice.type === "media_speakers") {
      const { slots, talking, dominant } = notice;
      this.media.setState({ slotSpeakers: slots, talking, dominant });
    }
  }

  #onReplaced(source: Source): void {
    if (source === "screen") {
      this.local.screen.stop();
      return this.hints.show({ code: "replaced", kind: source });
    }
    const capture = this.local[source];
    if (capture.state.isOn) this.hints.show({ code: "replaced", kind: source });
    capture.turnOff();
  }

  /** Send what the device gives, and tell when it gives nothing although it should. */
  #onCapture({ kind, state }: Capture): void {
    const { track, isOn } = state;
    this.#mediaSession.send(kind, { track, isPaused: !isOn || track === null });
    if (this.#isInside) this.#rememberVisit();
  }

  /** The server has the last word on how many screens there are. */
  #onRefused(source: Source): void {
    if (source !== "screen") return;
    this.local.screen.stop();
    this.hints.show({ code: "too_many_screens" });
  }

  #onScreen(track: MediaStreamTrack | null): void {
    this.#mediaSession.send("screen", { track, isPaused: track === null });
    this.hints.announce({ code: track === null ? "screen_off" : "screen_on" });
  }

  #isFullOfScreens(): boolean {
    const { snapshot, you } = this.room.getState();
    if (snapshot === null) return false;
    const others = snapshot.participants.filter((p) => p.participant_id !== you?.participant_id);
    const sharing = others.filter(({ producers }) => producers.some(({ source }) => source === "screen"));
    return sharing.length >= SCREENS_AT_ONCE[snapshot.room.kind];
  }

  async #toggle(capture: Capture): Promise<void> {
    const { kind } = capture;
    if (capture.state.isOn) {
      capture.turnOff();
      this.hints.announce({ code: `${kind}_off` });
      return;
    }
    await capture.turnOn();
    const { isOn, problem } = capture.state;
    if (isOn) this.hints.announce({ code: `${kind}_on` });
    // At the door, the problem stands under the picture already.
    else if (problem !== null && this.#isInside) this.hints.show({ code: "device_failed", kind, problem });
    void this.local.refreshDevices();
  }

  #roomMedia() {
    const { snapshot, you } = this.room.getState();
    if (snapshot === null || you === null) return null;
    return {
      meetingId: snapshot.meeting.meeting_id,
      media: snapshot.media,
      participants: snapshot.participants,
      ownId: you.participant_id,
      canSend: you.permitted.includes("media_produce"),
    };
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
    this.local.close();
  }
}
