import { replicaOf, type ServerSample } from '../../topology/sample.js';
import type { Flavor } from '../../topology/snapshot.js';
import { askProcess, askRound, flavorOf } from '../probes/probe-statements.js';
import { dialServer, type LinkOptions, type Row, type ServerLink, serverErrno } from '../probes/server-link.js';
import type { Finding, Severity } from './finding.js';
import { missingPrivileges } from './held-privileges.js';
import { grantStatements, neededPrivileges, type UsedFeatures } from './needed-privileges.js';

/** A clock that differs by more makes times in logs and reports of servers hard to compare, ms. */
const clockDoubtfulMs = 2_000;

/** What was learned of one server; `sample` undefined: it cannot be asked. */
export interface Examined {
  readonly name: string;
  readonly sample: ServerSample | undefined;
  readonly findings: readonly Finding[];
}

/** Asks one server of a cluster about everything that the features in use need. Changes nothing. */
export async function examineServer(name: string, link: LinkOptions, features: UsedFeatures, timeoutMs: number): Promise<Examined> {
  const findings: Finding[] = [];
  const say = (severity: Severity, text: string, fix?: string): void => {
    findings.push({ about: name, severity, text, ...(fix === undefined ? {} : { fix }) });
  };
  let server: ServerLink;
  try {
    server = await dialServer(link, timeoutMs);
  } catch (error) {
    const { message } = error as Error;
    const denied = serverErrno(error) === 1045;
    say('problem', denied ? `the monitor account may not log in: ${message}` : `cannot be reached: ${message}`);
    return { name, sample: undefined, findings };
  }
  try {
    const { serverVersion } = server.greeting;
    const flavor = flavorOf(serverVersion);
    say('fine', `${flavor} ${serverVersion.replace(/^5\.5\.5-/, '')} answers`);
    await examinePrivileges(server, flavor, features, timeoutMs, say);
    const sample = await look(server, timeoutMs);
    examineReplication(sample, say);
    await examineSettings(server, flavor, features, sample, timeoutMs, say);
    return { name, sample, findings };
  } catch (error) {
    say('problem', `a question was refused: ${error instanceof Error ? error.message : String(error)}`);
    return { name, sample: undefined, findings };
  } finally {
    server.end();
  }
}

type Say = (severity: Severity, text: string, fix?: string) => void;

async function look(server: ServerLink, timeoutMs: number): Promise<ServerSample> {
  const facts = await askProcess(server, timeoutMs);
  return (await askRound(server, facts, 'SHOW SLAVE STATUS', () => timeoutMs)).sample;
}

async function examinePrivileges(server: ServerLink, flavor: Flavor, features: UsedFeatures, timeoutMs: number, say: Say): Promise<void> {
  const grants = (await server.query('SHOW GRANTS', timeoutMs)).map((row) => Object.values(row)[0] ?? '');
  const [who] = await server.query('SELECT CURRENT_USER() AS account', timeoutMs);
  const account = `'${(who?.['account'] ?? '').replaceAll("'", "''").replace(/@(?=[^@]*$)/, "'@'")}'`;
  const missing = missingPrivileges(grants, neededPrivileges(flavor, features));
  for (const privilege of missing) {
    const { name, purpose, optional } = privilege;
    say(
      optional === true ? 'warning' : 'problem',
      `${account} lacks ${name}, to ${purpose}`.replace('to sessions', 'so that sessions').replace('to scheduled', 'so that scheduled'),
      grantStatements([privilege], account)[0],
    );
  }
  if (missing.length === 0) say('fine', `${account} has every privilege that is needed`);
}

function examineReplication(sample: ServerSample, say: Say): void {
  if (sample.replica === 'hidden') return say('problem', 'the monitor account may not see the replica status');
  const replica = replicaOf(sample);
  if (replica === undefined) return say('fine', sample.readOnly ? 'read-only, follows nobody' : 'writable, follows nobody');
  if (replica.receiver !== 'Yes') say('problem', `its receiver is at ${replica.receiver}: ${replica.receiverError || 'no error'}`);
  if (!replica.applier) say('problem', `its applier is stopped: ${replica.applierError || 'no error'}`);
  if (replica.receiver === 'Yes' && replica.applier) say('fine', 'a replica, both threads run');
}

const settingsSql: Record<Flavor, string> = {
  mysql:
    "SELECT @@global.log_bin AS log_bin, @@global.log_slave_updates AS log_updates, @@global.gtid_mode AS gtid, UNIX_TIMESTAMP(NOW(6)) AS clock, (SELECT VARIABLE_SOURCE FROM performance_schema.variables_info WHERE VARIABLE_NAME = 'read_only') AS origin",
  mariadb:
    "SELECT @@global.log_bin AS log_bin, @@global.log_slave_updates AS log_updates, 'ON' AS gtid, UNIX_TIMESTAMP(NOW(6)) AS clock, (SELECT GLOBAL_VALUE_ORIGIN FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME = 'READ_ONLY') AS origin",
};

async function examineSettings(
  server: ServerLink,
  flavor: Flavor,
  features: UsedFeatures,
  sample: ServerSample,
  timeoutMs: number,
  say: Say,
): Promise<void> {
  const askedMs = Date.now();
  const [row] = await server.query(settingsSql[flavor], timeoutMs);
  const offMs = Number(row?.['clock']) * 1000 - (askedMs + Date.now()) / 2;
  if (Math.abs(offMs) > clockDoubtfulMs) say('warning', `its clock differs from ours by ${(offMs / 1000).toFixed(1)} s; use NTP`);
  // Galera nodes need no binary log of their own.
  if (sample.galera !== undefined) return;
  const severity = features.mode === 'promote' ? 'problem' : 'warning';
  if (!isOn(row, 'log_bin')) say(severity, 'it writes no binary log, so nobody can replicate from it', 'log_bin = ON in its configuration');
  if (!isOn(row, 'log_updates')) {
    say(
      severity,
      'it does not log what it replicates, so nobody can follow it once promoted',
      'log_slave_updates = ON in its configuration',
    );
  }
  if (!(row?.['gtid'] ?? '').startsWith('ON')) {
    say(
      severity,
      `gtid_mode is ${row?.['gtid']}: without GTIDs replicas cannot be repointed`,
      'gtid_mode = ON, enforce_gtid_consistency = ON',
    );
  }
  const origin = row?.['origin'] ?? '';
  const configured = origin !== '' && !['DYNAMIC', 'COMPILED', 'COMPILE-TIME', 'SQL'].includes(origin);
  if (replicaOf(sample) !== undefined && sample.readOnly && !configured && features.mode === 'promote') {
    say('warning', 'read_only was set while it ran: after a restart it is writable until a proxy sees it', readOnlyFix(flavor));
  }
  if (!sample.readOnly && replicaOf(sample) !== undefined) say('warning', 'a replica that is writable', readOnlyNow(flavor));
}

function readOnlyFix(flavor: Flavor): string {
  return flavor === 'mysql' ? 'SET PERSIST_ONLY super_read_only = ON;' : 'read_only = ON in its configuration';
}

function readOnlyNow(flavor: Flavor): string {
  return flavor === 'mysql' ? 'SET GLOBAL super_read_only = ON;' : 'SET GLOBAL read_only = ON;';
}

function isOn(row: Row | undefined, key: string): boolean {
  return row?.[key] === '1' || row?.[key] === 'ON';
}
