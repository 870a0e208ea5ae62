import { changeUser as proveChange } from '../../client/change-user.js';
import { detach } from '../attach.js';
import { type ClientCommand, joinedPayload } from '../client-command.js';
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
  const { capabilities } = identity;
  const asked = { packets: client, capabilities, nonce: session.nonce, sequenceId: command.lastSequenceId };
  proveChange(asked, joinedPayload(command), services.login, (outcome) => {
    client.handler = session.reader;
    if (session.phase === 'closed') return;
    if (outcome.kind !== 'changed') {
      services.log.info(
        { session: session.opening.id, user: outcome.user, reason: outcome.kind, detail: outcome.message },
        'change of user failed',
      );
      session.close();
      return;
    }
    detach(session);
    session.nonce = outcome.nonce;
    session.become(
      {
        ...identity,
        user: outcome.user,
        password: outcome.password,
        charset: outcome.charset ?? identity.charset,
        attributes: outcome.attributes.length > 0 ? outcome.attributes : identity.attributes,
      },
      outcome.database,
    );
    void proveLogin(session, outcome.nextSequenceId).then((proven) => {
      if (!proven) return;
      session.phase = 'idle';
      session.nextCommand();
    });
  });
}
