import type { BackendConnection } from '../../backend/dial-request.js';
import type { Account } from '../../client/account.js';
import { changeUser as proveChange } from '../../client/change-user.js';
import type { ChangedUser } from '../../client/login-result.js';
import { Capability } from '../../protocol/capabilities.js';
import { detach, detachParked, release } from '../attach.js';
import { type ClientCommand, joinedPayload } from '../client-command.js';
import { foundRowsToKeep } from '../diagnostics.js';
import { inquire } from '../inquire.js';
import { inquireInPlace } from '../inquire-in-place.js';
import { loginCluster } from '../login-cluster.js';
import { proveLogin } from '../open.js';
import type { Session } from '../session.js';
import type { CommandHandler } from './command-handler.js';

/**
 * COM_CHANGE_USER: the client proves itself anew to us, then the session begins again on a backend connection of the new account.
 * A client that fails is answered and closed, as MySQL does it.
 */
export const changeUser: CommandHandler = {
  begin(session, command) {
    session.phase = 'placing';
    begin(session, command);
  },
};

function begin(session: Session, command: ClientCommand): void {
  const { client, services, identity } = session;
  const capabilities = capabilitiesAfter(session);
  const asked = {
    ...identity,
    capabilities,
    packets: client,
    nonce: session.nonce,
    hasSentMore: !session.reader.isEmpty,
    sequenceId: command.lastSequenceId,
  };
  const options = { ...services.login, inquire: inquiryOf(session) };
  proveChange(asked, joinedPayload(command), options, (outcome) => {
    client.handler = session.reader;
    if (session.phase === 'closed') {
      if (outcome.kind === 'changed') outcome.connection?.packets.destroy();
      return;
    }
    if (outcome.kind !== 'changed') {
      services.log.info(
        { session: session.opening.id, user: outcome.user, reason: outcome.kind, detail: outcome.message },
        'change of user failed',
      );
      session.close();
      return;
    }
    void changed(session, outcome, capabilities).catch((error: unknown) => session.failed(error));
  });
}

/** The client is somebody else from now on. */
async function changed(session: Session, outcome: ChangedUser<Account, BackendConnection>, capabilities: number): Promise<void> {
  const { services, identity } = session;
  const stays = outcome.connection !== undefined && outcome.connection.packets === session.attachment?.connection.packets;
  const kept = stays ? undefined : await foundRowsToKeep(session);
  if (session.phase === 'closed') {
    outcome.connection?.packets.destroy();
    return;
  }
  if (stays) release(session);
  else detach(session);
  detachParked(session);
  session.replies.kept = kept;
  session.nonce = outcome.nonce;
  session.become(
    {
      ...identity,
      user: outcome.user,
      credentials: outcome.credentials,
      capabilities,
      charset: outcome.charset ?? identity.charset,
      attributes: outcome.attributes.length > 0 ? outcome.attributes : identity.attributes,
    },
    outcome.database,
  );
  // A login that is judged where it was relayed stays there.
  if (!stays) session.cluster = loginCluster(services, session.identity, outcome.database, session.opening.cluster);
  if (!(await proveLogin(session, outcome.nextSequenceId, outcome.connection))) return;
  session.phase = 'idle';
  session.nextCommand();
}

/** MariaDB takes CLIENT_IGNORE_SPACE into sql_mode at the login only, MySQL at a change of user too (seen on 10.11 and 8.0.15). */
function capabilitiesAfter({ identity, state }: Session): number {
  return state.dialect.flavor === 'mariadb' ? (identity.capabilities & ~Capability.IGNORE_SPACE) >>> 0 : identity.capabilities;
}

/** A server is asked where the session belongs, whatever the listener says; where the login was relayed, the server that judged it. */
function inquiryOf(session: Session): typeof session.services.login.inquire {
  const { opening, services, identity, attachment } = session;
  if (identity.credentials.length === 0 && attachment !== undefined) {
    return (wish, events) => inquireInPlace(attachment.connection, wish, events);
  }
  return (wish, events) => {
    const cluster = loginCluster(services, { ...wish, address: wish.clientAddress }, wish.database, opening.cluster);
    return inquire({ cluster, route: opening.route, log: services.log }, wish, events);
  };
}
