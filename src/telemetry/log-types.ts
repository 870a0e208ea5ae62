/**
 * What every folder takes to log with: structured fields first, then one plain sentence. pino's logger fits it. A folder that may
 * not import telemetry declares the same shape itself. Fields never hold passwords; SQL text goes through `redactedSql` first.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
