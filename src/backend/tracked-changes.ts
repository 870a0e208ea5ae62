import { Capability, has } from '../protocol/capabilities.js';
import { HEADER_SIZE } from '../protocol/frame.js';
import { decodeOk } from '../protocol/ok.js';
import { hasTrackBlock } from './ok-layout.js';

/** What an OK packet's session trackers said; only what was there is set. */
export interface TrackedChanges {
  /** '' where no database is chosen any more. */
  readonly schema?: string;
  /** In the server's order. */
  readonly variables?: readonly (readonly [name: string, value: string])[];
  /** MySQL: `uuid:n` of the transaction that just ended (or the whole executed set, where the client asked for ALL_GTIDS). MariaDB: its `last_gtid`. */
  readonly gtid?: string;
  /** Eight characters, `_______L` is LOCK TABLES; all `_` when no transaction is open. */
  readonly transactionState?: string;
  /** The statements that set up the present or next transaction; '' for none. */
  readonly transactionCharacteristics?: string;
  readonly stateChanged?: boolean;
}

/**
 * Reads the trackers of an OK frame (header included). Undefined, and nothing allocated, when it carries none.
 * @throws ProtocolError when the block is malformed.
 */
export function trackedChanges(frame: Buffer, capabilities: number): TrackedChanges | undefined {
  if (!has(capabilities, Capability.SESSION_TRACK) || !hasTrackBlock(frame)) return undefined;
  const items = decodeOk(frame.subarray(HEADER_SIZE), capabilities).sessionTrack;
  return items === undefined ? undefined : changesOf(items);
}

/** The same from items that are decoded already (`BackendConnection.firstOk`, the OK of `runStatement`). */
export function changesOf(items: NonNullable<ReturnType<typeof decodeOk>['sessionTrack']>): TrackedChanges {
  const changes: { -readonly [K in keyof TrackedChanges]: TrackedChanges[K] } = {};
  const variables: (readonly [string, string])[] = [];
  for (const item of items) {
    switch (item.type) {
      case 'schema':
        changes.schema = item.name;
        break;
      case 'system-variables':
        for (const pair of item.variables) {
          // MariaDB has no GTID tracker; it reports this read-only variable instead.
          if (pair[0] === 'last_gtid') changes.gtid = pair[1];
          else variables.push(pair);
        }
        break;
      case 'gtids':
        changes.gtid = item.gtids;
        break;
      case 'transaction-state':
        changes.transactionState = item.state;
        break;
      case 'transaction-characteristics':
        changes.transactionCharacteristics = item.statements;
        break;
      case 'state-change':
        changes.stateChanged = item.changed;
        break;
      case 'unknown':
        break;
    }
  }
  if (variables.length > 0) changes.variables = variables;
  return changes;
}
