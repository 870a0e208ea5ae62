import { type BackendConnection, isDialFailure } from '../backend/dial-request.js';
import { runStatement } from '../backend/run-statement.js';
import { Command } from '../protocol/commands.js';
import { encodeFrames } from '../protocol/frame.js';
import { backendNamed } from '../topology/snapshot.js';
import type { Session } from './session.js';

/**
 * Stops what runs on a session's backend connection: KILL QUERY by the account itself on a connection of its own. Nobody waits for it;
 * a failure costs no more than the server finishing a read in vain.
 */
export function killQuery(session: Session, victim: BackendConnection): void {
  const { cluster, identity, services } = session;
  const view = backendNamed(cluster.link.snapshot, victim.backend);
  if (view === undefined) return;
  cluster.dial(
    {
      backend: view.name,
      address: view.address,
      timeoutMs: cluster.connectTimeoutMs,
      tls: cluster.backendTls(identity.usesTls),
      user: identity.user,
      password: identity.password,
      capabilities: victim.capabilities,
      mariadbCapabilities: victim.mariadbCapabilities,
      charset: identity.charset,
      maxPacketSize: identity.maxPacketSize,
      attributes: identity.attributes,
    },
    (outcome) => {
      if (isDialFailure(outcome)) {
        services.log.warn({ backend: victim.backend, thread: victim.threadId, error: outcome.message }, 'could not stop an abandoned read');
        return;
      }
      runStatement(outcome, `KILL QUERY ${victim.threadId}`, cluster.connectTimeoutMs, () => {
        outcome.packets.end(encodeFrames(Buffer.from([Command.QUIT]), 0));
      });
    },
  );
}
