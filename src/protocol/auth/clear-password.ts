import { ProtocolError } from '../protocol-error.js';

/** Sends the password as it is, with a NUL behind it; the server has PAM, LDAP or the like check it. Only for links nobody listens in to. */
export const MYSQL_CLEAR_PASSWORD = 'mysql_clear_password';

/** The password as it is sent where nobody listens in (this plugin; the sha2 plugins inside TLS): its bytes and a NUL. */
export function clearPassword(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf8');
}

/** Reads what `clearPassword` makes. @throws ProtocolError when no NUL ends it. */
export function readClearPassword(payload: Buffer): string {
  const end = payload.indexOf(0);
  if (end < 0) throw new ProtocolError('PM_PROTOCOL_TRUNCATED', 'clear-password', 'no NUL ends the password');
  return payload.toString('utf8', 0, end);
}
