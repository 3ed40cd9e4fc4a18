/**
 * Sound and pictures of one visit to a room: makes transports, and makes them anew whenever they break, the worker is
 * replaced, or the network has changed. What is muted stays muted throughout.
 */

import type { types } from "mediasoup-client";
import { backoffMs } from "../connection/backoff";
import type { Requester } from "../connection/requester";
import type { MediaSnapshot, Participant, ProducerInfo, Source } from "../protocol/generated";
import type { SlotTrack } from "./audioSlots";
import { type Direction, MediaLink } from "./mediaLink";
import { NOTHING, type View } from "./picture";
import type { SentTrack } from "./publication";
import { Reach } from "./reach";
import { type ReceivedTrack, wantedTracks } from "./subscriptions";

/** What the session needs to know of the room, each time that it changes. */
export interface RoomMedia {
  /** Epochs are counted within a meeting: after a restart of the server they begin again. */
  meetingId: string;
  media: MediaSnapshot;
  participants: readonly Participant[];
  ownId: string;
  canSend: boolean;
}

export type MediaStatus = "waiting" | "connecting" | "connected" | "rebuilding";

export interface MediaSessionOptions {
  requests: Requester;
  /** Load mediasoup's device once; rejects when this browser cannot do WebRTC. */
  loadDevice(): Promise<types.Device>;
  /** Pictures of others. */
  onTracks(tracks: readonly ReceivedTrack[]): void;
  /** The sound of the room. */
  onSlots(slots: readonly SlotTrack[]): void;
  onStatus(status: MediaStatus): void;
  /** Another tab of this person sends this source now. */
  onReplaced(source: Source): void;
  /** The room has no place for this source just now; it is not tried again. */
  onRefused(source: Source): void;
  /** What the others get of this person from another tab or device. */
  onElsewhere(sources: readonly Source[]): void;
  /** Nothing has come for a moment over any transport: the network may have changed. */
  onDoubt(): void;
  /** Sound and pictures do not get through, however often they are tried, or get through again. */
  onBlocked(isBlocked: boolean): void;
  onUnsupported(error: unknown): void;
}

/** A link that broke sooner than this does not earn an immediate new one. */
const STABLE_MS = 10_000;

const SOURCES: readonly Source[] = ["microphone", "camera", "screen"];
const SILENT: SentTrack = { track: null, isPaused: true };

export class MediaSession {
  readonly #options: MediaSessionOptions;
  readonly #sent: Record<Source, SentTrack> = { microphone: SILENT, camera: SILENT, screen: SILENT };
  readonly #reach: Reach<Direction>;
  #view = NOTHING;
  #room: RoomMedia | null = null;
  #device: types.Device | null = null;
  #link: MediaLink | null = null;
  /** Meeting and epoch that the link was made for; null before the first, empty while there can be none. */
  #era: string | null = null;
  #attempt = 0;
  /** When the present link was last known to be good; infinite while there is none. */
  #readyAt = Number.POSITIVE_INFINITY;
  /** Own producers as the room has listed them: when one of them disappears, another tab has taken over. */
  readonly #listed = new Map<Source, string>();
  /**
   * What another tab sends in the place of this one. Muted, it is sent from here no more, lest it silences the other
   * tab, not even when the room lists nothing for a moment; only unmuting takes it back.
   */
  readonly #yielded = new Set<Source>();
  #ownKey = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStarting = false;
  #isClosed = false;

  constructor(options: MediaSessionOptions) {
    this.#options = options;
    this.#reach = new Reach((isBlocked) => options.onBlocked(isBlocked));
  }

  /** Begin, once inside the room; after a reconnect, go on with what it is now. */
  start(room: RoomMedia): void {
    this.update(room);
    if (this.#isStarting) return;
    this.#isStarting = true;
    this.#options.loadDevice().then(
      (device) => {
        this.#device = device;
        this.#follow();
      },
      (error) => this.#options.onUnsupported(error),
    );
  }

  /** The room has changed. */
  update(room: RoomMedia): void {
    this.#room = room;
    this.#follow();
  }

  send(source: Source, sent: SentTrack): void {
    this.#sent[source] = sent;
    if (!sent.isPaused) this.#yielded.delete(source);
    this.#link?.send(source, sent);
    this.#tellElsewhere();
  }

  /**
   * Back after a lost connection. Unless the server kept this page's place (`isKept`), its transports are gone with it;
   * and when packets did not get through either, look for another way for them.
   */
  onReconnected(isKept: boolean): void {
    if (!isKept && Number.isFinite(this.#readyAt)) this.#rebuild();
    else this.#link?.mend();
  }

  /** The network is another one now. */
  onNetworkChanged(): void {
    this.#link?.findWay();
  }

  /** What can be seen has changed: which tiles, their size, or whether the page is shown at all. */
  setView(view: Partial<View>): void {
    this.#view = { ...this.#view, ...view };
    if (this.#room !== null) this.#tellLink(this.#room);
  }

  onLayersWanted(producerId: string, layers: number): void {
    this.#link?.onLayersWanted(producerId, layers);
  }

  onConsumerDark(consumerId: string, isDark: boolean): void {
    this.#link?.onConsumerDark(consumerId, isDark);
  }

  onTransportClosed(transportId: string): void {
    const link = this.#link;
    void link?.ownsTransport(transportId).then((isOwn) => {
      if (isOwn && link === this.#link) this.#rebuild();
    });
  }

  onProducerClosed(producerId: string): void {
    const source = this.#link?.onReplaced(producerId);
    if (!source) return;
    this.#yielded.add(source);
    this.#options.onReplaced(source);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#reach.close();
    this.#link?.close();
    this.#link = null;
  }

  /** Bring the link in line with the room. */
  #follow(): void {
    const room = this.#room;
    if (this.#isClosed || room === null || this.#device === null) return;
    if (!room.media.is_available) return this.#stop();
    const era = `${room.meetingId} ${room.media.epoch}`;
    if (era !== this.#era) {
      const isFirst = this.#era === null;
      this.#era = era;
      this.#ownKey = "";
      this.#attempt = 0;
      this.#connect(isFirst ? "connecting" : "rebuilding");
    }
    this.#checkOwn(room);
    this.#tellLink(room);
  }

  /** Notice what the room says of this page: that it was taken for gone, or that another tab sends in its place. */
  #checkOwn(room: RoomMedia): void {
    const own = room.participants.find((p) => p.participant_id === room.ownId);
    if (own === undefined) return;
    const ownKey = `${own.participant_id} ${own.joined_at}`;
    if (this.#ownKey !== "" && this.#ownKey !== ownKey) this.#rebuild();
    this.#ownKey = ownKey;
    for (const source of SOURCES) {
      const mine = this.#link?.producerId(source) ?? null;
      const isListed = own.producers.some((producer) => producer.producer_id === mine);
      if (mine !== null && isListed) this.#listed.set(source, mine);
      else if (mine !== null && this.#listed.get(source) === mine && this.#isSentElsewhere(source)) {
        this.onProducerClosed(mine);
      }
      if (this.#sent[source].isPaused && this.#otherProducer(source)) this.#yielded.add(source);
    }
    this.#tellElsewhere();
  }

  /** The worker is being restarted: wait for the event that says so. */
  #stop(): void {
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = null;
    this.#era = "";
    this.#reach.forget();
    this.#options.onTracks([]);
    this.#options.onSlots([]);
    this.#options.onStatus("waiting");
  }

  #connect(status: MediaStatus): void {
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#readyAt = Number.POSITIVE_INFINITY;
    this.#reach.renew();
    this.#options.onTracks([]);
    this.#options.onSlots([]);
    this.#options.onStatus(status);
    const { requests } = this.#options;
    const link: MediaLink = new MediaLink({
      device: this.#device as types.Device,
      requests,
      canSend: this.#room?.canSend ?? false,
      mayProducePaused: (source) => !this.#yielded.has(source) && !this.#isSentElsewhere(source),
      onRefused: (source) => link === this.#link && this.#options.onRefused(source),
      onTracks: (tracks) => link === this.#link && this.#options.onTracks(tracks),
      onSlots: (slots) => link === this.#link && this.#options.onSlots(slots),
      onReady: () => link === this.#link && this.#onReady(),
      onDoubt: () => this.#options.onDoubt(),
      onReach: (direction, isOpen) => link === this.#link && this.#onReach(direction, isOpen),
      onBroken: () => link === this.#link && this.#rebuild(),
    });
    this.#link = link;
    for (const source of SOURCES) link.send(source, this.#sent[source]);
  }

  #tellLink(room: RoomMedia): void {
    this.#link?.receive(wantedTracks(room.participants, room.ownId, this.#view));
  }

  #onReach(direction: Direction, isOpen: boolean): void {
    if (isOpen) this.#reach.onOpen(direction);
    else this.#reach.onLost(direction);
  }

  #onReady(): void {
    this.#readyAt = performance.now();
    this.#options.onStatus("connected");
  }

  #rebuild(): void {
    if (this.#isClosed) return;
    this.#link?.close();
    this.#link = null;
    this.#options.onStatus("rebuilding");
    clearTimeout(this.#timer);
    if (performance.now() - this.#readyAt > STABLE_MS) this.#attempt = 0;
    this.#readyAt = Number.POSITIVE_INFINITY;
    const wait = this.#attempt === 0 ? 0 : backoffMs(this.#attempt);
    this.#attempt++;
    this.#timer = setTimeout(() => {
      if (this.#isClosed || this.#room === null || !this.#room.media.is_available) return;
      this.#connect("rebuilding");
      this.#tellLink(this.#room);
    }, wait);
  }

  /** A paused track of this tab must not take the place of what another tab of the same person sends. */
  #isSentElsewhere(source: Source): boolean {
    const there = this.#listedProducer(source);
    return there !== undefined && there.producer_id !== this.#link?.producerId(source);
  }

  /** What the room lists of this person that this tab never sent: its own of before a rebuild does not count. */
  #otherProducer(source: Source): ProducerInfo | undefined {
    const there = this.#listedProducer(source);
    const isOther = this.#isSentElsewhere(source) && there?.producer_id !== this.#listed.get(source);
    return isOther ? there : undefined;
  }

  #listedProducer(source: Source): ProducerInfo | undefined {
    const own = this.#room?.participants.find((p) => p.participant_id === this.#room?.ownId);
    return own?.producers.find((producer) => producer.source === source);
  }

  #tellElsewhere(): void {
    this.#options.onElsewhere(
      SOURCES.filter(
        (source) => this.#sent[source].isPaused && this.#otherProducer(source)?.is_paused === false,
      ),
    );
  }
}
