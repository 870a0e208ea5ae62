import type { BackendConnection } from '../backend/dial-request.js';
import { agreedCompression } from '../net/compression-codec.js';
import { encodeErr } from '../protocol/err.js';
import { encodeFrames } from '../protocol/frame.js';
import { encodeOk } from '../protocol/ok.js';
import { loginProven, loginRefused } from './login-record.js';
import { loginRoute } from './login-route.js';
import { ownOk } from './own-ok.js';
import { findConnection } from './place.js';
import { restore } from './restore.js';
import type { Session } from './session.js';

/**
 * Ends a login, or a change of user, whose secret is right: proves it on a backend unless that was done within `auth.verifyInterval`,
 * then sends the OK or the server's own ERR. With no backend up the known secret suffices: the first statement waits instead.
 * @param sequenceId of the packet to send
 * @param judged the connection of the server that judged this login, where one did
 * @param info text of the OK
 * @returns false when the client was refused; its connection is closing then, as a server does it
 */
export async function proveLogin(
  session: Session,
  sequenceId: number,
  judged: BackendConnection | undefined,
  info: Buffer = Buffer.alloc(0),
): Promise<boolean> {
  expectServer(session);
  const { identity, cluster, state } = session;
  const { user, credentials, capabilities } = identity;
  const known = credentials.some((credential) => cluster.proven.isProven(user, credential, state.schema));
  if (judged !== undefined) {
    if (credentials[0] !== undefined) loginProven(session, credentials[0]);
    await takeOver(session, judged);
  } else if (!known && hasTarget(session)) {
    const end = await findConnection(session, 0, undefined, undefined);
    if (session.phase === 'closed') {
      if (end.kind === 'connected') end.connection.packets.destroy();
      return false;
    }
    if (end.kind === 'denied') {
      loginRefused(session, end.err.code);
      session.endWithFrame(encodeFrames(encodeErr(end.err, capabilities), sequenceId));
      return false;
    }
    if (end.kind === 'connected') {
      if (end.login.kind !== 'lent') loginProven(session, end.login);
      await takeOver(session, end.connection);
    }
  }
  if ((session.phase as string) === 'closed') return false;
  session.client.write(encodeFrames(encodeOk({ ...ownOk(session), info }, capabilities, 0x00), sequenceId));
  const compression = agreedCompression(capabilities);
  if (compression !== undefined) session.client.startCompression(compression);
  return true;
}

async function takeOver(session: Session, connection: BackendConnection): Promise<void> {
  const restored = await restore(session, connection);
  if (session.phase === 'closed') connection.packets.destroy();
  else if (restored === 'restored') session.adopt(connection, loginRoute(session.cluster, session.opening.route));
}

/** Until it has met a server itself, its statements are read as the cluster's servers read them. */
function expectServer({ attachment, cluster, state }: Session): void {
  if (attachment !== undefined) return;
  const { backends, primary } = cluster.link.snapshot;
  const known =
    backends.find(({ name, identity }) => name === primary && identity !== undefined) ?? backends.find(({ identity }) => identity);
  if (known?.identity !== undefined) state.on(known.identity.greetingVersion);
}

function hasTarget(session: Session): boolean {
  const { cluster, opening } = session;
  return cluster.router.choose(loginRoute(cluster, opening.route), cluster.link.snapshot).kind === 'backend';
}
