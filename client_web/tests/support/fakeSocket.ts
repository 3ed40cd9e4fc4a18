/** A Socket.IO socket without a network: the test decides when it connects, answers and breaks. */

import type { RoomSocket, SocketFactory, SocketHandlers } from "../../src/connection/socket";

interface Sent {
  name: string;
  fields: Record<string, unknown>;
  ack: (answer: unknown) => void;
}

export class FakeSocket implements RoomSocket {
  isConnected = false;
  attempts = 0;
  readonly sent: Sent[] = [];
  readonly told: { name: string; fields: object }[] = [];
  handlers!: SocketHandlers;

  readonly create: SocketFactory = (handlers) => {
    this.handlers = handlers;
    return this;
  };

  connect(): void {
    this.attempts++;
  }

  disconnect(): void {
    if (this.isConnected) this.break();
  }

  send(name: string, fields: object, timeoutMs: number, onAck: (ack: unknown) => void): void {
    let isAnswered = false;
    const ack = (answer: unknown) => {
      if (!isAnswered) onAck(answer);
      isAnswered = true;
    };
    setTimeout(() => ack(null), timeoutMs);
    this.sent.push({ name, fields: fields as Record<string, unknown>, ack });
  }

  tell(name: string, fields: object): void {
    this.told.push({ name, fields });
  }

  /** The server has accepted the connection. */
  accept(): void {
    this.isConnected = true;
    this.handlers.onConnect();
  }

  /** The connection is lost; every answer under way with it. */
  break(): void {
    this.isConnected = false;
    this.handlers.onDisconnect();
    for (const { ack } of this.sent) ack(null);
  }

  emit(event: { type: string }): void {
    this.handlers.onEvent(event.type, event);
  }

  named(name: string): Sent[] {
    return this.sent.filter((sent) => sent.name === name);
  }

  last(name: string): Sent {
    const found = this.named(name).at(-1);
    if (found === undefined) throw new Error(`no ${name} was sent`);
    return found;
  }
}
