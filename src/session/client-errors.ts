/**
 * The one place that decides what a client sees when something goes wrong behind Pointsman.
 * The list with causes and remedies stands in this folder's README; a test compares the two in both directions.
 */

/** What goes into an ERR packet. */
export interface ClientError {
  readonly code: number;
  /** Five characters. */
  readonly sqlState: string;
  readonly message: string;
}

/** Every error that Pointsman itself creates: our own numbers from 9501, MySQL's numbers where MySQL has a word for it. */
export const CLIENT_ERRORS = {
  outcomeUnknown: { code: 9501, sqlState: '08007' },
  stateLost: { code: 9502, sqlState: 'HY000' },
  noTarget: { code: 9503, sqlState: 'HY000' },
  denied: { code: 9505, sqlState: 'HY000' },
  rateLimited: { code: 9506, sqlState: 'HY000' },
  resultCut: { code: 9507, sqlState: 'HY000' },
  transactionLost: { code: 1213, sqlState: '40001' },
  shutdown: { code: 1053, sqlState: '08S01' },
  tooManyConnections: { code: 1040, sqlState: '08004' },
  unknownStatement: { code: 1243, sqlState: 'HY000' },
  cannotLogIn: { code: 1251, sqlState: '08004' },
  unknownCommand: { code: 1047, sqlState: '08S01' },
  malformedPacket: { code: 1835, sqlState: 'HY000' },
  packetsOutOfOrder: { code: 1156, sqlState: '08S01' },
  packetTooLarge: { code: 1153, sqlState: '08S01' },
  internal: { code: 1105, sqlState: 'HY000' },
  interrupted: { code: 1317, sqlState: '70100' },
  unsupportedCommand: { code: 1235, sqlState: '42000' },
  shutdownDenied: { code: 1227, sqlState: '42000' },
  inactive: { code: 4031, sqlState: 'HY000' },
  timeExceeded: { code: 3024, sqlState: 'HY000' },
  notOwner: { code: 1095, sqlState: 'HY000' },
} as const satisfies Record<string, { code: number; sqlState: string }>;

function error(kind: keyof typeof CLIENT_ERRORS, message: string): ClientError {
  return { ...CLIENT_ERRORS[kind], message };
}

/** A statement was sent to `backend` and its answer never came: it may or may not have been executed. */
export function outcomeUnknown(what: string, backend: string, why: string, lostClass: string): ClientError {
  return error(
    'outcomeUnknown',
    `Outcome unknown: ${what} was sent to ${backend}, which ${why} before it answered (${lostClass}); check before you repeat it`,
  );
}

/** State of the session died with its server; `what` names it. The statement that gets this was not executed. */
export function stateLost(what: string, backend: string): ClientError {
  return error(
    'stateLost',
    `Session state lost with ${backend}: ${what}; this statement was not executed, set the state up again and repeat it`,
  );
}

/** The one server that judged this login is lost, and what the client proved there cannot be proven anywhere else. */
export function loginLost(): ClientError {
  return error(
    'stateLost',
    'Session state lost: the login itself, whose secret only the lost server could judge; nothing was executed, connect again',
  );
}

/** The account's plugin is one that we cannot serve with what is known of its secret. */
export function cannotLogIn(detail: string): ClientError {
  return error('cannotLogIn', `Pointsman cannot log in at the server: ${detail}`);
}

/** No server could take the statement within the hold's limits. `detail` names each backend, its state and last error. */
export function noTarget(waitedMs: number, detail: string): ClientError {
  return error(
    'noTarget',
    `No server available for this statement after ${(waitedMs / 1000).toFixed(1)} s: ${detail}; it was not executed`,
  );
}

/** The hold has no room for another statement. */
export function holdFull(limit: string, detail: string): ClientError {
  return error('noTarget', `No server available and the hold is full (${limit}): ${detail}; this statement was not executed`);
}

/** The digest was in flight at two server deaths. */
export function quarantined(digest: string): ClientError {
  return error('denied', `Statement ${digest} is quarantined: it was running when two servers died; it was not executed`);
}

/** A rule says that the statement must not run. */
export function deniedBy(rule: string, message: string): ClientError {
  return error('denied', `denied by rule ${rule}: ${message}`);
}

/** A rule's allowance is used up; it was not executed. */
export function rateLimited(rule: string, allowance: string, againInMs: number): ClientError {
  return error('rateLimited', `limited by rule ${rule}: ${allowance}; it was not executed, try again in ${againInMs} ms`);
}

/** The time that a rule allows is over; MySQL's own words for `max_execution_time`. */
export function timeExceeded(): ClientError {
  return error('timeExceeded', 'Query execution was interrupted, maximum statement execution time exceeded');
}

/** A result was under way when its server was lost. */
export function resultCut(backend: string, why: string): ClientError {
  return error('resultCut', `Result cut: ${backend} ${why} while it was answering; repeat the statement`);
}

/** An open transaction died with its server before COMMIT was sent: it is rolled back for certain. */
export function transactionLost(backend: string, why: string, notReplayed?: string): ClientError {
  const because = notReplayed === undefined ? '' : ` and it could not be replayed: ${notReplayed}`;
  return error('transactionLost', `Transaction rolled back: ${backend} ${why} before COMMIT${because}; try restarting transaction`);
}

/** COMMIT was sent, and the guard's token has shown that it did not happen and cannot any more. */
export function notCommitted(backend: string, why: string): ClientError {
  return error('transactionLost', `Transaction rolled back: ${backend} ${why}, and it was not committed; try restarting transaction`);
}

/** The same, for the statements that follow until the client ends the transaction it believes to be open. */
export function transactionStillLost(): ClientError {
  return error('transactionLost', 'Transaction was rolled back when its server was lost; end it with ROLLBACK or COMMIT, or begin anew');
}

/** Pointsman drains. */
export function shutdown(): ClientError {
  return error('shutdown', 'Server shutdown in progress');
}

export function tooManyConnections(): ClientError {
  return error('tooManyConnections', 'Too many connections');
}

/** A prepared statement id that this session never got, or closed. */
export function unknownStatement(id: number, command: string): ClientError {
  return error('unknownStatement', `Unknown prepared statement handler (${id}) given to ${command}`);
}

export function unknownCommand(): ClientError {
  return error('unknownCommand', 'Unknown command');
}

/** A command that servers talk to each other by. */
export function unsupportedCommand(name: string): ClientError {
  return error('unsupportedCommand', `Pointsman does not pass on ${name}: connect to the server itself`);
}

/** The client sent query attributes, and the server at hand has never heard of them. */
export function attributesNotKnown(backend: string, version: string): ClientError {
  return error('unsupportedCommand', `Query attributes cannot be sent to ${backend} (${version}); the statement was not executed`);
}

/** No server of the route speaks what the client agreed on at login. The client's connection ends with this. */
export function noFittingServer(detail: string): ClientError {
  return error('noTarget', `No server fits this connection any more, connect again: ${detail}; the statement was not executed`);
}

/** SHUTDOWN, RESTART, COM_SHUTDOWN without `allowShutdown`. */
export function shutdownDenied(cluster: string): ClientError {
  return error(
    'shutdownDenied',
    `Access denied; servers are not shut down through Pointsman unless clusters.${cluster}.allowShutdown is true`,
  );
}

export function packetsOutOfOrder(): ClientError {
  return error('packetsOutOfOrder', 'Got packets out of order');
}

/** The server hung up on a statement larger than it takes; its own ERR is lost where it came while the client was still sending. */
export function packetTooLarge(): ClientError {
  return error('packetTooLarge', "Got a packet bigger than 'max_allowed_packet' bytes");
}

export function malformedPacket(): ClientError {
  return error('malformedPacket', 'Malformed communication packet.');
}

/** The client closed its side while its statement was held. */
export function interrupted(): ClientError {
  return error('interrupted', 'Query execution was interrupted: the client closed its connection while the statement was held');
}

/** KILL QUERY of a statement that was not with a server. */
export function queryInterrupted(): ClientError {
  return error('interrupted', 'Query execution was interrupted');
}

/** KILL of a session of another account that has no server connection now, so that no server can be asked whether it is allowed. */
export function notOwner(id: number): ClientError {
  return error('notOwner', `You are not owner of thread ${id}`);
}

/** KILL of a session whose server cannot be told. */
export function killUnreachable(id: number, why: string): ClientError {
  return error('noTarget', `KILL ${id} did not reach the server of that session: ${why}`);
}

/** `wait_timeout` is over for a session that has no server connection; the words of MySQL from 8.0.24 on. */
export function inactive(): ClientError {
  return error(
    'inactive',
    'The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.',
  );
}

/** A bug of ours; the log has the details. */
export function internal(): ClientError {
  return error('internal', 'Pointsman met an error of its own and ended this connection; its log tells more');
}
