/**
 * Settings of semi-synchronous replication, from rows of `SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync_%'`. MariaDB has them built in, MySQL with
 * plugins, whose newer versions (8.0.26) say `source` and `replica` for `master` and `slave`.
 * https://mariadb.com/kb/en/semisynchronous-replication/ https://dev.mysql.com/doc/refman/8.0/en/replication-semisync.html
 */
export type SemiSyncVariables = ReadonlyMap<string, string>;

/** `[variable, value]` to be set, in this order. */
export type SemiSyncChanges = readonly (readonly [variable: string, value: string])[];

const WHERE: readonly string[] = ['master', 'source'];
const TO: readonly string[] = ['slave', 'replica'];
/** How a primary waits; `enabled` is set apart, last. */
const HOW: readonly (readonly string[])[] = [
  ['timeout'],
  ['wait_point'],
  ['wait_no_slave', 'wait_no_replica'],
  ['wait_for_slave_count', 'wait_for_replica_count'],
];

/** A primary with these settings waits for replicas. */
export function waitsForReplicas(settings: SemiSyncVariables): boolean {
  return isOn(find(settings, WHERE, ['enabled'])?.value);
}

/**
 * What a new primary lacks to wait for replicas as the old one did.
 * @returns undefined: it cannot, because it does not have these variables (no plugin)
 */
export function asPrimary(old: SemiSyncVariables, fresh: SemiSyncVariables): SemiSyncChanges | undefined {
  const enabled = find(fresh, WHERE, ['enabled']);
  if (enabled === undefined) return undefined;
  const changes: [string, string][] = [];
  for (const names of HOW) {
    const wanted = find(old, WHERE, names);
    const has = find(fresh, WHERE, names);
    if (wanted !== undefined && has !== undefined && wanted.value !== has.value) changes.push([has.name, wanted.value]);
  }
  if (!isOn(enabled.value)) changes.push([enabled.name, 'ON']);
  return changes;
}

/**
 * What a former primary lacks to confirm what it receives, where the cluster's primary waits for that. One that is set up for both roles is
 * left alone.
 */
export function asFormerPrimary(member: SemiSyncVariables): SemiSyncChanges {
  const confirms = find(member, TO, ['enabled']);
  if (confirms === undefined || isOn(confirms.value)) return [];
  const waits = find(member, WHERE, ['enabled']);
  // Nobody would confirm what it applies: it would wait for its time-out.
  return [...(waits !== undefined && isOn(waits.value) ? [[waits.name, 'OFF'] as const] : []), [confirms.name, 'ON']];
}

function find(settings: SemiSyncVariables, sides: readonly string[], words: readonly string[]) {
  for (const side of sides)
    for (const word of words) {
      const name = `rpl_semi_sync_${side}_${word}`;
      const value = settings.get(name);
      if (value !== undefined) return { name, value };
    }
  return undefined;
}

function isOn(value: string | undefined): boolean {
  return value === 'ON' || value === '1';
}
