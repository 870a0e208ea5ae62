import type { BackendConnection } from '../backend/dial-request.js';
import { IgnoreFrames } from '../net/frame-handler.js';
import { Command } from '../protocol/commands.js';
import { encodeFrames } from '../protocol/frame.js';
import { StatusFlag } from '../protocol/status-flags.js';
import { Attachment } from './attachment.js';
import { allowsMulti } from './multi-statements.js';
import { Relay } from './relay.js';
import type { Route } from './services.js';
import type { Session } from './session.js';

/** Makes a logged-in backend connection the session's own. */
export function attach(session: Session, connection: BackendConnection, serial: number, route: Route): Attachment {
  const { cluster, state } = session;
  const relay = new Relay(session.client, connection.packets, session);
  connection.packets.handler = relay;
  cluster.balancer.acquire(connection.backend);
  const stats = session.services.stats.backend(connection.backend);
  stats.attached();
  // What the session has set itself has been restored by now.
  if (!state.variables.has('autocommit')) state.autocommit = (connection.statusFlags & StatusFlag.AUTOCOMMIT) !== 0;
  const attachment = new Attachment(serial, connection, relay, stats, cluster, route);
  attachment.multiStatements = allowsMulti(session);
  session.services.traces.joined(session.opening.id, attachment);
  return attachment;
}

/** Lets a backend connection go in good order (COM_QUIT); what the server held for it ends there. Default: the present one. */
export function detach(session: Session, which = session.attachment): void {
  const inAnswer = which === session.attachment && session.statement?.sent === true;
  const attachment = release(session, which);
  if (attachment === undefined) return;
  const { packets } = attachment.connection;
  packets.handler = new IgnoreFrames();
  // In the middle of an answer COM_QUIT would not be read; closing the socket is all that helps.
  if (inAnswer) packets.destroy();
  else packets.end(encodeFrames(Buffer.from([Command.QUIT]), 0));
}

/** Drops a connection that is lost, or must not be used any more: what runs there is cut off. Default: the present one. */
export function drop(session: Session, which = session.attachment): Attachment | undefined {
  const attachment = release(session, which);
  if (attachment === undefined) return undefined;
  const { packets } = attachment.connection;
  packets.handler = new IgnoreFrames();
  packets.destroy();
  return attachment;
}

/** Takes a backend connection from the session and leaves it open; whoever asks for it goes on with it. Default: the present one. */
export function release(session: Session, attachment = session.attachment): Attachment | undefined {
  if (attachment === undefined) return undefined;
  const isPresent = attachment === session.attachment;
  if (isPresent) session.attachment = undefined;
  else session.parked = session.parked.filter((each) => each !== attachment);
  if (attachment === session.pinHolder) session.pinHolder = undefined;
  attachment.relay.stop();
  attachment.record?.release();
  attachment.record = undefined;
  attachment.countBytes();
  attachment.stats.detached();
  attachment.cluster.balancer.release(attachment.backend);
  // It may have been paused because the backend was slow to take what the client sent.
  if (isPresent) session.reader.backendReady();
  return attachment;
}

/** Lets all go that wait while another one is in use. */
export function detachParked(session: Session): void {
  for (const each of session.parked) detach(session, each);
}
