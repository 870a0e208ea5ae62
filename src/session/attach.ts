import type { BackendConnection } from '../backend/dial-request.js';
import { IgnoreFrames } from '../net/frame-handler.js';
import { Command } from '../protocol/commands.js';
import { encodeFrames } from '../protocol/frame.js';
import { StatusFlag } from '../protocol/status-flags.js';
import { Attachment } from './attachment.js';
import { Relay } from './relay.js';
import type { Session } from './session.js';

/** Makes a logged-in backend connection the session's own. */
export function attach(session: Session, connection: BackendConnection, serial: number): Attachment {
  const relay = new Relay(session.client, connection.packets, session);
  connection.packets.handler = relay;
  session.cluster.balancer.acquire(connection.backend);
  const stats = session.services.stats.backend(connection.backend);
  stats.attached();
  session.state.autocommit = (connection.statusFlags & StatusFlag.AUTOCOMMIT) !== 0;
  return new Attachment(serial, connection, relay, stats);
}

/** Lets the backend connection go in good order (COM_QUIT); what the server held for it ends there. */
export function detach(session: Session): void {
  const attachment = release(session);
  if (attachment === undefined) return;
  const { packets } = attachment.connection;
  packets.handler = new IgnoreFrames();
  // In the middle of an answer COM_QUIT would not be read; closing the socket is all that helps.
  if (session.statement?.sent === true) packets.destroy();
  else packets.end(encodeFrames(Buffer.from([Command.QUIT]), 0));
}

/** Drops a connection that is lost, or must not be used any more: what runs there is cut off. */
export function drop(session: Session): Attachment | undefined {
  const attachment = release(session);
  if (attachment === undefined) return undefined;
  const { packets } = attachment.connection;
  packets.handler = new IgnoreFrames();
  packets.destroy();
  return attachment;
}

/** Takes the backend connection from the session and leaves it open; whoever asks for it goes on with it. */
export function release(session: Session): Attachment | undefined {
  const { attachment } = session;
  if (attachment === undefined) return undefined;
  session.attachment = undefined;
  attachment.relay.stop();
  attachment.countBytes();
  attachment.stats.detached();
  session.cluster.balancer.release(attachment.backend);
  // It may have been paused because the backend was slow to take what the client sent.
  session.reader.backendReady();
  return attachment;
}
