import { ARMED_TRACKERS, type Flavor, type TrackerSettings, trackerAssignments } from './tracker-settings.js';

/** What a session has set, as far as one statement can bring it back. */
export interface RestorableState {
  /**
   * System variables with the values that the server's tracker reported, in the order in which they were *last* set: SET NAMES resets an
   * earlier `collation_connection` without reporting that.
   */
  readonly variables: readonly (readonly [name: string, value: string, ...rest: unknown[]])[];
  /** User variables without `@`, with the SQL literals that they were set to. */
  readonly userVariables: readonly (readonly [name: string, literal: string, ...rest: unknown[]])[];
  /** What the connection is armed with; all trackers unless told. */
  readonly trackers?: TrackerSettings;
}

/**
 * `restored`: set again on the next connection. `pins`: cannot be carried over, the session must stay while it holds (and be told when it is
 * lost). `ignored`: nothing of the session's own making.
 */
export type VariableFate = 'restored' | 'pins' | 'ignored';

/**
 * Set for the next statement, or about this very connection. `timestamp` holds until DEFAULT, which the tracker reports with the old value (both servers):
 * whoever knows from the statement's text what it was set to gives that value, or `DEFAULT`.
 */
const PINS: ReadonlySet<string> = new Set([
  'timestamp',
  'insert_id',
  'rand_seed1',
  'rand_seed2',
  'gtid_next',
  'gtid_seq_no',
  'pseudo_thread_id',
  'pseudo_slave_mode',
  'pseudo_replica_mode',
]);

/** Read-only, or ours to set. */
const IGNORED: ReadonlySet<string> = new Set([
  'last_gtid',
  'session_track_schema',
  'session_track_system_variables',
  'session_track_state_change',
  'session_track_transaction_info',
  'session_track_gtids',
]);

/** Strings whose value may look like a number; a bare number would be refused with error 1232. */
const STRINGS: ReadonlySet<string> = new Set(['default_master_connection', 'time_zone', 'innodb_tmpdir', 'debug', 'debug_dbug']);

/** Stands among the variables for a `SET NAMES x COLLATE y`; its value: `x COLLATE y`, checked names. */
export const NAMES = 'names';

/** Trackers tell what is set, even to what it was: so the answer to arming says with which sql_mode the session began. */
const TELL_SQL_MODE = 'sql_mode=@@sql_mode';

/**
 * One `SET` statement that arms the session trackers (`arm`) and restores a session's state in the order given. With nothing to do it is
 * a `SET` without effect, so that callers need not distinguish.
 */
export function restoreStatement(flavor: Flavor, state: RestorableState, arm: boolean): string {
  const assignments = arm ? [trackerAssignments(flavor, state.trackers ?? ARMED_TRACKERS), TELL_SQL_MODE] : [];
  for (const [name, value] of state.variables) {
    if (name === NAMES) assignments.push(`NAMES ${value}`);
    else if (name === 'timestamp' || variableFate(name) === 'restored') assignments.push(`@@session.${name}=${literal(name, value)}`);
  }
  for (const [name, text] of state.userVariables) assignments.push(`@\`${name.replaceAll('`', '``')}\`=${text}`);
  return `SET ${assignments.length === 0 ? '@@session.sql_select_limit=@@session.sql_select_limit' : assignments.join(',')}`;
}

/** What becomes of a variable, by its name as the tracker reported it, when the session moves. */
export function variableFate(name: string): VariableFate {
  const known = name.toLowerCase();
  if (PINS.has(known)) return 'pins';
  // The name goes into SQL text: take nothing that a server would not call a variable.
  return IGNORED.has(known) || !/^[a-z0-9_.]+$/.test(known) ? 'ignored' : 'restored';
}

/** A value as `SET` takes it: numbers bare, everything else as a string; the empty `character_set_results` is NULL. */
function literal(name: string, value: string): string {
  const known = name.toLowerCase();
  if (known === 'timestamp' && value === 'DEFAULT') return value;
  if (value === '' && known === 'character_set_results') return 'NULL';
  if (/^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(value) && !STRINGS.has(known)) return value;
  // Neither the character set nor NO_BACKSLASH_ESCAPES of the new connection may change the meaning.
  if (/[^ -[\]-~]/.test(value)) return `CONVERT(0x${Buffer.from(value, 'utf8').toString('hex')} USING utf8mb4)`;
  return `'${value.replaceAll("'", "''")}'`;
}
