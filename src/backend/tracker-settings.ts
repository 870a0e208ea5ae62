/** `session_track_*` as one session has them. Values as the server writes them. */
export interface TrackerSettings {
  readonly schema: boolean;
  /** Comma-separated names, `*` alone for all. */
  readonly systemVariables: string;
  readonly stateChange: boolean;
  readonly transactionInfo: 'OFF' | 'STATE' | 'CHARACTERISTICS';
  /** MySQL only; `OFF` elsewhere. */
  readonly gtids: 'OFF' | 'OWN_GTID' | 'ALL_GTIDS';
}

export type Flavor = 'mysql' | 'mariadb';

/** What a connection has when nobody changed anything, on MySQL 8.0 and MariaDB 10.11 alike. */
export const DEFAULT_TRACKERS: TrackerSettings = {
  schema: true,
  systemVariables: 'time_zone,autocommit,character_set_client,character_set_results,character_set_connection',
  stateChange: false,
  transactionInfo: 'OFF',
  gtids: 'OFF',
};

/** Everything on: what we set on every backend connection to follow the session's state. */
export const ARMED_TRACKERS: TrackerSettings = {
  schema: true,
  systemVariables: '*',
  stateChange: true,
  transactionInfo: 'CHARACTERISTICS',
  gtids: 'OWN_GTID',
};

/** What a session's connection must have: all we need, and ALL_GTIDS where the client wants to see them all. */
export function armedFor(client: TrackerSettings): TrackerSettings {
  return client.gtids === 'ALL_GTIDS' ? { ...ARMED_TRACKERS, gtids: 'ALL_GTIDS' } : ARMED_TRACKERS;
}

/** The assignments of a `SET` that brings these settings about, without the word SET. */
export function trackerAssignments(flavor: Flavor, settings: TrackerSettings): string {
  const names = settings.systemVariables;
  const assignments = [
    `session_track_schema=${settings.schema ? 'ON' : 'OFF'}`,
    `session_track_system_variables='${names.replaceAll(/['\\]/g, '')}'`,
    `session_track_state_change=${settings.stateChange ? 'ON' : 'OFF'}`,
    `session_track_transaction_info='${settings.transactionInfo}'`,
  ];
  if (flavor === 'mysql') assignments.push(`session_track_gtids='${settings.gtids}'`);
  return assignments.join(',');
}

/** Reads the settings in one row, in the order that `settingsOf` takes. */
export function readTrackersStatement(flavor: Flavor): string {
  const names = ['schema', 'system_variables', 'state_change', 'transaction_info', ...(flavor === 'mysql' ? ['gtids'] : [])];
  return `SELECT ${names.map((name) => `@@session.session_track_${name}`).join(',')}`;
}

/**
 * The settings out of the row of `readTrackersStatement`; undefined when it is none.
 * @param before the client's settings up to now: MySQL goes on with the old list when NULL is set.
 */
export function settingsOf(row: readonly (Buffer | null)[], before: TrackerSettings): TrackerSettings | undefined {
  const [schema, systemVariables, stateChange, transactionInfo, gtids] = row.map((value) => value?.toString('latin1') ?? null);
  if (schema === undefined || systemVariables === undefined || stateChange === undefined) return undefined;
  return {
    schema: isOn(schema),
    systemVariables: systemVariables ?? before.systemVariables,
    stateChange: isOn(stateChange),
    transactionInfo: transactionInfo === 'STATE' || transactionInfo === 'CHARACTERISTICS' ? transactionInfo : 'OFF',
    gtids: gtids === 'OWN_GTID' || gtids === 'ALL_GTIDS' ? gtids : 'OFF',
  };
}

function isOn(value: string | null): boolean {
  return value === '1' || value === 'ON';
}

const MARK = 'session_track';
const UNDERSCORE = 0x5f;

/**
 * True when a statement names one of the tracker variables. Such a statement must meet the connection with the client's own settings
 * (disarm, run, read back, arm again): see README. Costs one search for a rare byte (as a number: searching for a string costs a conversion each time).
 */
export function namesTrackers(sql: Buffer): boolean {
  for (let at = sql.indexOf(UNDERSCORE); at >= 0; at = sql.indexOf(UNDERSCORE, at + 1)) {
    if (at >= 7 && sql.toString('latin1', at - 7, at + 6).toLowerCase() === MARK) return true;
  }
  return false;
}
