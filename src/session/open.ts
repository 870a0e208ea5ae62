import { encodeErr } from '../protocol/err.js';
import { encodeFrames } from '../protocol/frame.js';
import { encodeOk } from '../protocol/ok.js';
import { findConnection } from './place.js';
import { restore } from './restore.js';
import type { Session } from './session.js';

/**
 * Ends a login, or a change of user, whose secret is right: proves it on a backend unless that was done within `auth.verifyInterval`,
 * then sends the OK or the server's own ERR. With no backend up the configured secret suffices: the first statement waits instead.
 * @param sequenceId of the packet to send
 * @returns false when the client was refused; its connection is closing then, as a server does it
 */
export async function proveLogin(session: Session, sequenceId: number): Promise<boolean> {
  const { identity, cluster, state } = session;
  const { user, password, capabilities } = identity;
  if (!cluster.proven.isProven(user, password, state.schema) && hasTarget(session)) {
    const end = await findConnection(session, 0, undefined, undefined);
    if (session.phase === 'closed') {
      if (end.kind === 'connected') end.connection.packets.destroy();
      return false;
    }
    if (end.kind === 'denied') {
      cluster.proven.forget(user);
      session.endWithFrame(encodeFrames(encodeErr(end.err, capabilities), sequenceId));
      return false;
    }
    if (end.kind === 'connected') {
      cluster.proven.prove(user, password, state.schema);
      const restored = await restore(session, end.connection);
      if ((session.phase as string) === 'closed') end.connection.packets.destroy();
      else if (restored === 'restored') session.adopt(end.connection);
    }
  }
  if ((session.phase as string) === 'closed') return false;
  session.client.write(encodeFrames(encodeOk(session.ownOk(), capabilities, 0x00), sequenceId));
  return true;
}

function hasTarget(session: Session): boolean {
  const { router, link } = session.cluster;
  return router.choose(session.opening.route, link.snapshot).kind === 'backend';
}
