import { type BackendConnection, isDialFailure } from '../../backend/dial-request.js';
import { runStatement } from '../../backend/run-statement.js';
import type { Credential } from '../../protocol/auth/secret.js';
import { Command } from '../../protocol/commands.js';
import type { ErrPacket } from '../../protocol/err.js';
import { encodeFrames } from '../../protocol/frame.js';
import { type BackendView, backendNamed } from '../../topology/snapshot.js';
import type { Session } from '../session.js';

const ACCESS_DENIED = 1045;

/** `unreachable`: nobody could be asked; says why. */
export type KillOutcome =
  | { readonly kind: 'ok'; readonly affectedRows: bigint }
  | { readonly kind: 'err'; readonly err: ErrPacket }
  | { readonly kind: 'unreachable'; readonly why: string };

/**
 * Runs a statement without rows on a backend as the session's account, on a connection of its own: the server checks the rights. `done` is
 * called once.
 * @param like what the connection's capabilities are taken from; default: the session's client
 * @param isWanted asked just before the statement is sent; when it is not wanted any more, the end is `unreachable`
 */
export function askBackend(
  session: Session,
  backend: string,
  sql: string,
  like: Pick<BackendConnection, 'capabilities' | 'mariadbCapabilities'> | undefined,
  done: (outcome: KillOutcome) => void,
  isWanted: () => boolean = () => true,
): void {
  const view = backendNamed(session.cluster.link.snapshot, backend);
  const { credentials } = session.identity;
  if (view === undefined) done({ kind: 'unreachable', why: `${backend} is not known any more` });
  else if (credentials.length === 0) done({ kind: 'unreachable', why: 'the secret of this login is not known' });
  else tryEach(session, view, sql, like, credentials, done, isWanted);
}

/** Of two passwords that are valid while one replaces the other, the server may know only the second. */
function tryEach(
  session: Session,
  view: BackendView,
  sql: string,
  like: Parameters<typeof askBackend>[3],
  [credential, ...others]: readonly Credential[],
  done: (outcome: KillOutcome) => void,
  isWanted: () => boolean,
): void {
  const { cluster, identity } = session;
  if (credential === undefined) return;
  cluster.dial(
    {
      backend: view.name,
      address: view.address,
      timeoutMs: cluster.connectTimeoutMs,
      tls: cluster.backendTls(identity.usesTls),
      user: identity.user,
      credential,
      capabilities: like?.capabilities ?? identity.capabilities,
      mariadbCapabilities: like?.mariadbCapabilities ?? identity.mariadbCapabilities,
      charset: identity.charset,
      maxPacketSize: identity.maxPacketSize,
      attributes: identity.attributes,
      client: identity.client,
    },
    (outcome) => {
      if (isDialFailure(outcome)) {
        if (outcome.err?.code === ACCESS_DENIED && others.length > 0) return tryEach(session, view, sql, like, others, done, isWanted);
        done(outcome.err === undefined ? { kind: 'unreachable', why: outcome.message } : { kind: 'err', err: outcome.err });
        return;
      }
      if (!isWanted()) {
        outcome.packets.end(encodeFrames(Buffer.from([Command.QUIT]), 0));
        return done({ kind: 'unreachable', why: 'it is not needed any more' });
      }
      runStatement(outcome, sql, cluster.connectTimeoutMs, (end) => {
        outcome.packets.end(encodeFrames(Buffer.from([Command.QUIT]), 0));
        if (end.kind === 'lost') done({ kind: 'unreachable', why: end.error.message });
        else done(end.kind === 'err' ? end : { kind: 'ok', affectedRows: end.ok.affectedRows });
      });
    },
  );
}
