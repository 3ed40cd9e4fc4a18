/** Socket.IO as the rest of the client sees it. Nothing else imports it. */

import { io } from "socket.io-client";
import * as parser from "socket.io-msgpack-parser";
import { withArrays, withBuffers } from "./bytes";

/** The part of a Socket.IO socket that `RoomConnection` uses. */
export interface RoomSocket {
  readonly isConnected: boolean;
  /** Try once to connect; answered by `onConnect` or `onRefused`. */
  connect(): void;
  /** Close, also a connection that only seems open; answered by `onDisconnect` when there was one. */
  disconnect(): void;
  /** Send; the acknowledgement is given to `onAck`, or `null` when none came within `timeoutMs`. */
  send(name: string, fields: object, timeoutMs: number, onAck: (ack: unknown) => void): void;
  tell(name: string, fields: object): void;
}

export interface SocketHandlers {
  onConnect(): void;
  /** `code` is the server's reason, or `null` when it could not be reached at all. */
  onRefused(code: string | null, text: string): void;
  onDisconnect(): void;
  onEvent(name: string, argument: unknown): void;
}

const CONNECT_TIMEOUT_MS = 10_000;

export type SocketFactory = (handlers: SocketHandlers) => RoomSocket;

export function createSocket(handlers: SocketHandlers): RoomSocket {
  const socket = io({
    autoConnect: false,
    // RoomConnection decides when to come back: it knows about offline, closing notices and reasons.
    reconnection: false,
    forceNew: true,
    parser,
    timeout: CONNECT_TIMEOUT_MS,
    // Some school proxies let no WebSocket through.
    transports: ["websocket", "polling"],
    tryAllTransports: true,
  });
  socket.on("connect", handlers.onConnect);
  socket.on("disconnect", handlers.onDisconnect);
  socket.on("connect_error", (error: Error & { data?: { code?: unknown; text?: unknown } }) => {
    const { code, text } = error.data ?? {};
    handlers.onRefused(
      typeof code === "string" ? code : null,
      typeof text === "string" ? text : error.message,
    );
  });
  socket.onAny((name: string, argument: unknown) => handlers.onEvent(name, withArrays(argument)));
  return {
    get isConnected() {
      return socket.connected;
    },
    connect: () => void socket.connect(),
    disconnect: () => void socket.disconnect(),
    send: (name, fields, timeoutMs, onAck) => {
      socket.timeout(timeoutMs).emit(name, withBuffers(fields), (error: Error | null, ack: unknown) => {
        onAck(error === null ? withArrays(ack) : null);
      });
    },
    tell: (name, fields) => void socket.emit(name, withBuffers(fields)),
  };
}
