import { loginRoute } from '../login-route.js';
import type { Session } from '../session.js';
import { askBackend } from './ask-backend.js';

/** An account as the table writes it: 'user'@'host'. A user's name may hold an @, its host does not. */
const HOST = "SUBSTRING_INDEX(CURRENT_USER(), '@', -1)";
const USER = `LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(${HOST}) - 1)`;
const GRANTEE = `CONCAT(QUOTE(${USER}), '@', QUOTE(${HOST}))`;

/** As many affected rows as the account has rights to kill others; nothing is left behind, its connection ends with it. */
const RIGHTS = `SELECT 1 INTO @pointsman_kill FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ${GRANTEE} AND PRIVILEGE_TYPE IN ('SUPER', 'CONNECTION_ADMIN', 'CONNECTION ADMIN') LIMIT 1`;

/**
 * May this session's account kill sessions of others? Asked where the victim is on no server, so that no KILL can be tried. Rights that come
 * by a role are not seen, and nobody is let through where no server can be asked.
 */
export function mayKillOthers(session: Session): Promise<boolean> {
  const { attachment, cluster, opening } = session;
  const target = cluster.router.choose(loginRoute(cluster, opening.route), cluster.link.snapshot);
  const backend = attachment?.backend ?? (target.kind === 'backend' ? target.backend.name : undefined);
  if (backend === undefined) return Promise.resolve(false);
  return new Promise((resolve) =>
    askBackend(session, backend, RIGHTS, undefined, (outcome) => resolve(outcome.kind === 'ok' && outcome.affectedRows > 0n)),
  );
}
