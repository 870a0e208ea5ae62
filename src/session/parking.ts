import type { FrameHandler } from '../net/packet-socket.js';
import type { SocketError } from '../net/socket-error.js';
import { HEADER_SIZE } from '../protocol/frame.js';
import { detach } from './attach.js';
import type { Attachment } from './attachment.js';
import { parkedLost } from './parked-lost.js';
import type { Session } from './session.js';

/** More connections than this are not kept for one session: a primary and a replica, of two clusters. */
const MOST = 4;

/** Makes a parked connection of the session the present one; the present one waits in its place. */
export function bringForward(session: Session, attachment: Attachment): void {
  if (attachment === session.attachment) return;
  // First taken out, then the other one put there: else it might be the one for which there is no room.
  session.parked = session.parked.filter((each) => each !== attachment);
  park(session);
  attachment.connection.packets.handler = attachment.relay;
  session.attachment = attachment;
}

/** The present connection waits while another one is used: nothing runs on it, and what it holds stays there. */
export function park(session: Session): void {
  const { attachment } = session;
  if (attachment === undefined) return;
  attachment.connection.packets.handler = new ParkedLink(session, attachment);
  session.attachment = undefined;
  session.parked = [...session.parked, attachment];
  if (session.parked.length < MOST) return;
  const others = session.parked.filter((each) => each !== session.pinHolder && each !== attachment);
  const oldest = others.find(({ route }) => route !== 'primary') ?? others[0];
  if (oldest !== undefined) detach(session, oldest);
}

/** Listens to a connection on which nothing is expected: a last ERR, and its end. */
class ParkedLink implements FrameHandler {
  readonly #session: Session;
  readonly #attachment: Attachment;

  constructor(session: Session, attachment: Attachment) {
    this.#session = session;
    this.#attachment = attachment;
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    if (chunk[start + HEADER_SIZE] === 0xff) this.#attachment.farewell = Buffer.from(chunk.subarray(start, end));
  }

  onPart(): void {}
  onBatchEnd(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.#attachment.connection.packets.end();
  }

  onClose(error: SocketError | undefined): void {
    parkedLost(this.#session, this.#attachment, error).catch((cause: unknown) => this.#session.failed(cause));
  }
}
