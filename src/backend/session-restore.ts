import { ARMED_TRACKERS, type Flavor, trackerAssignments } from './tracker-settings.js';

/** What a new backend connection is given of a session's state. */
export interface RestorableState {
  /** In the order in which the session changed them; values as the server's tracker reported them. */
  readonly variables: readonly (readonly [name: string, value: string])[];
  /** User variables with their values as SQL literals. */
  readonly userVariables: readonly (readonly [name: string, literal: string])[];
}

/** One `SET` that arms the session trackers (if `arm`) and restores a session's variables. */
export function restoreStatement(flavor: Flavor, state: RestorableState, arm: boolean): string {
  const parts: string[] = arm ? [trackerAssignments(flavor, ARMED_TRACKERS)] : [];
  for (const [name, value] of state.variables) {
    parts.push(`${name}=${/^-?\d+(\.\d+)?$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`}`);
  }
  for (const [name, literal] of state.userVariables) parts.push(`@\`${name}\`=${literal}`);
  return `SET ${parts.join(',')}`;
}
