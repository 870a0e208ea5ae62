import type { ErrPacket } from '../protocol/err.js';

/** MySQL cuts names in messages: `'%-.48s'@'%-.64s'` in its errmsg list. */
const SHOWN_USER = 48;
const SHOWN_HOST = 64;

/** 1045, worded as the server words it. */
export function accessDenied(user: string, clientAddress: string, usedPassword: boolean): ErrPacket {
  const who = `'${user.slice(0, SHOWN_USER)}'@'${clientAddress.slice(0, SHOWN_HOST)}'`;
  return { code: 1045, sqlState: '28000', message: `Access denied for user ${who} (using password: ${usedPassword ? 'YES' : 'NO'})` };
}

export const BAD_HANDSHAKE: ErrPacket = { code: 1043, sqlState: '08S01', message: 'Bad handshake' };

export const OUT_OF_ORDER: ErrPacket = { code: 1156, sqlState: '08S01', message: 'Got packets out of order' };

/** What a server logs of a client that stays silent; servers close without a word, but a waiting person is helped by one. */
export const READ_TIMEOUT: ErrPacket = { code: 1159, sqlState: '08S01', message: 'Got timeout reading communication packets' };

/** Clients from before MySQL 4.1. */
export const OLD_CLIENT: ErrPacket = {
  code: 1251,
  sqlState: '08004',
  message: 'Client does not support authentication protocol requested by server; consider upgrading MySQL client',
};

export const INSECURE_TRANSPORT: ErrPacket = {
  code: 3159,
  sqlState: 'HY000',
  message: 'Connections using insecure transport are prohibited while --require_secure_transport=ON.',
};

export const TOO_MANY_CONNECTIONS: ErrPacket = { code: 1040, sqlState: '08004', message: 'Too many connections' };

/** Our 9506: this account and address have failed too often to be looked at now. */
export function tooManyFailures(user: string, clientAddress: string, waitMs: number): ErrPacket {
  const who = `'${user.slice(0, SHOWN_USER)}'@'${clientAddress.slice(0, SHOWN_HOST)}'`;
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return { code: 9506, sqlState: 'HY000', message: `Too many failed logins of ${who}; try again in ${seconds} s` };
}
