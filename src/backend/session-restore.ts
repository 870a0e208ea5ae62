import { ARMED_TRACKERS, type Flavor, type TrackerSettings, trackerAssignments } from './tracker-settings.js';

/** What a session has set, as far as one statement can bring it back. */
export interface RestorableState {
  /** System variables in the order in which they were first set, with the values that the server's tracker reported. */
  readonly variables: readonly (readonly [name: string, value: string])[];
  /** User variables without `@`, with the SQL literals that they were set to. */
  readonly userVariables: readonly (readonly [name: string, literal: string])[];
  /** What the connection is armed with; all trackers unless told. */
  readonly trackers?: TrackerSettings;
}

/**
 * Never set again: read-only ones that trackers report; those that hold for the next statement only, and have done their work; and what
 * tracking itself is set to, which is ours.
 */
const NOT_RESTORED: ReadonlySet<string> = new Set([
  'last_gtid',
  'insert_id',
  'rand_seed1',
  'rand_seed2',
  'gtid_next',
  'gtid_seq_no',
  'pseudo_thread_id',
  'pseudo_slave_mode',
  'pseudo_replica_mode',
  'session_track_schema',
  'session_track_system_variables',
  'session_track_state_change',
  'session_track_transaction_info',
  'session_track_gtids',
]);

/** Strings whose value may look like a number; a bare number would be refused with error 1232. */
const STRINGS: ReadonlySet<string> = new Set(['default_master_connection', 'time_zone', 'innodb_tmpdir', 'debug', 'debug_dbug']);

/**
 * One `SET` statement that arms the session trackers (`arm`) and restores a session's state, in the original order. With nothing to do it is
 * a `SET` without effect, so that callers need not distinguish.
 */
export function restoreStatement(flavor: Flavor, state: RestorableState, arm: boolean): string {
  const assignments = arm ? [trackerAssignments(flavor, state.trackers ?? ARMED_TRACKERS)] : [];
  for (const [name, value] of state.variables) {
    if (isRestored(name)) assignments.push(`@@session.${name}=${literal(name, value)}`);
  }
  for (const [name, text] of state.userVariables) assignments.push(`@\`${name.replaceAll('`', '``')}\`=${text}`);
  return `SET ${assignments.length === 0 ? '@@session.sql_select_limit=@@session.sql_select_limit' : assignments.join(',')}`;
}

/** False for variables that `restoreStatement` leaves alone. */
export function isRestored(name: string): boolean {
  // The name goes into SQL text: take nothing that a server would not call a variable.
  return /^[a-z0-9_.]+$/i.test(name) && !NOT_RESTORED.has(name.toLowerCase());
}

/** A value as `SET` takes it: numbers bare, everything else as a string; the empty `character_set_results` is NULL. */
function literal(name: string, value: string): string {
  const known = name.toLowerCase();
  if (value === '' && known === 'character_set_results') return 'NULL';
  if (/^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(value) && !STRINGS.has(known)) return value;
  // Neither the character set nor NO_BACKSLASH_ESCAPES of the new connection may change the meaning.
  if (/[^ -[\]-~]/.test(value)) return `CONVERT(0x${Buffer.from(value, 'utf8').toString('hex')} USING utf8mb4)`;
  return `'${value.replaceAll("'", "''")}'`;
}
