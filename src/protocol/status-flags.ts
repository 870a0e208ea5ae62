/** Server status flags in OK and EOF packets (source: `mysql_com.h`; ANSI_QUOTES is MariaDB's). */
export const StatusFlag = {
  IN_TRANS: 0x1,
  AUTOCOMMIT: 0x2,
  /** Another result of the same command follows. */
  MORE_RESULTS_EXISTS: 0x8,
  NO_GOOD_INDEX_USED: 0x10,
  NO_INDEX_USED: 0x20,
  /** A cursor was opened: rows come only when fetched. */
  CURSOR_EXISTS: 0x40,
  LAST_ROW_SENT: 0x80,
  DB_DROPPED: 0x100,
  NO_BACKSLASH_ESCAPES: 0x200,
  METADATA_CHANGED: 0x400,
  QUERY_WAS_SLOW: 0x800,
  PS_OUT_PARAMS: 0x1000,
  IN_TRANS_READONLY: 0x2000,
  /** The OK packet carries a session-track block. */
  SESSION_STATE_CHANGED: 0x4000,
  ANSI_QUOTES: 0x8000,
} as const;

/** Names of the flags that are set, for logs: `IN_TRANS|AUTOCOMMIT`. */
export function statusFlagNames(statusFlags: number): string {
  const names: string[] = [];
  for (const [name, bit] of Object.entries(StatusFlag)) {
    if ((statusFlags & bit) !== 0) names.push(name);
  }
  return names.join('|');
}
