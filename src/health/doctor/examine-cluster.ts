import { findKind } from '../../topology/find-kind.js';
import { NoMajorityError } from '../coordination/coordinator.js';
import { lockServers } from '../coordination/lock-servers.js';
import { majorityOf } from '../coordination/majority.js';
import { openCoordinator } from '../coordination/open-coordinator.js';
import type { MonitorOptions } from '../options.js';
import { dialServer } from '../probes/server-link.js';
import { type Examined, examineServer } from './examine-server.js';
import type { Finding } from './finding.js';
import { kindFindings } from './kind-findings.js';

/** A doctor has more time than a health check. */
const minTimeoutMs = 3_000;

/** Asks every server of a cluster, its witnesses and its coordinator. Changes nothing; takes and gives back the coordinator's lease. */
export async function examineCluster(options: MonitorOptions, readsAccounts: boolean): Promise<readonly Finding[]> {
  const timeoutMs = Math.max(minTimeoutMs, options.timeoutMs);
  const features = { mode: options.failover.mode, readsAccounts, commitGuard: options.commitGuard };
  const examined = await Promise.all(lockServers(options, []).map(({ name, link }) => examineServer(name, link, features, timeoutMs)));
  const findings = examined.flatMap((each) => each.findings);
  const kind = options.topology === 'auto' ? findKind(examined, undefined).kind : options.topology;
  if (kind !== 'replication') return [...findings, ...kindFindings(options, kind, examined)];
  const primaries = examined.filter(({ sample }) => sample !== undefined && !sample.readOnly && sample.replica === undefined);
  const names = primaries.map(({ name }) => name);
  const about = options.cluster;
  if (primaries.length === 1) findings.push({ about, severity: 'fine', text: `the primary is ${names[0]}` });
  else if (primaries.length === 0)
    findings.push({ about, severity: 'problem', text: 'no server is writable and follows nobody: there is no primary' });
  else findings.push({ about, severity: 'problem', text: `several servers are writable and follow nobody: ${names.join(', ')}` });
  if (options.failover.mode === 'promote') {
    findings.push(
      ...(await examineReplicationAccount(options, examined, timeoutMs)),
      ...(await examineCoordinator(options, examined, timeoutMs)),
    );
  }
  return findings;
}

/** Replicas will log in to any server that is promoted. */
async function examineReplicationAccount(
  options: MonitorOptions,
  examined: readonly Examined[],
  timeoutMs: number,
): Promise<readonly Finding[]> {
  const account = options.failover.replication;
  if (account === undefined) return [];
  const servers = lockServers(options, []).filter(({ name }) => examined.some((each) => each.name === name && each.sample !== undefined));
  const found = await Promise.all(
    servers.map(async ({ name, link }): Promise<readonly Finding[]> => {
      try {
        const server = await dialServer({ ...link, account }, timeoutMs);
        const grants = (await server.query('SHOW GRANTS', timeoutMs)).map((row) => Object.values(row)[0] ?? '');
        server.end();
        if (grants.some((line) => /REPLICATION (SLAVE|REPLICA)\b(?! ADMIN)|ALL PRIVILEGES/i.test(line))) return [];
        const fix = `GRANT REPLICATION SLAVE ON *.* TO '${account.user}'@'%';`;
        return [{ about: name, severity: 'problem', text: `the replication account ${account.user} lacks REPLICATION SLAVE`, fix }];
      } catch (error) {
        return [
          { about: name, severity: 'problem', text: `the replication account ${account.user} may not log in: ${(error as Error).message}` },
        ];
      }
    }),
  );
  return found.flat();
}

async function examineCoordinator(options: MonitorOptions, examined: readonly Examined[], timeoutMs: number): Promise<readonly Finding[]> {
  const { coordinator } = options.failover;
  const about = 'coordinator';
  if (coordinator.kind === 'none') {
    const text = 'none: only one proxy of this cluster may have "promote"';
    return [{ about, severity: 'warning', text, fix: 'failover.coordinator in the configuration' }];
  }
  const findings: Finding[] = [];
  if (coordinator.kind === 'database') findings.push(...(await examineMajority(options, examined, timeoutMs)));
  const opened = openCoordinator(options);
  try {
    const lease = await opened.acquire();
    const good = lease === undefined ? 'another proxy has the lease at this moment' : 'the lease could be taken, and was given back';
    const held = lease === undefined || (await lease.check());
    findings.push({ about, severity: held ? 'fine' : 'problem', text: held ? good : 'the lease was lost right after it was taken' });
    await lease?.release();
  } catch (error) {
    if (!(error instanceof NoMajorityError)) throw error;
    findings.push({ about, severity: 'problem', text: `nobody can promote: ${error.message}` });
  } finally {
    await opened.close();
  }
  return findings;
}

/** The lease is needed when the primary is dead: then its lock cannot be had. */
async function examineMajority(options: MonitorOptions, examined: readonly Examined[], timeoutMs: number): Promise<readonly Finding[]> {
  const { coordinator } = options.failover;
  const witnesses = coordinator.kind === 'database' ? coordinator.witnesses : [];
  const all = lockServers(options, witnesses);
  const findings: Finding[] = [];
  const ids = new Map<string, string>();
  for (const { name, sample } of examined) if (sample?.flavor === 'mysql') ids.set(sample.id, name);
  let reached = examined.filter(({ sample }) => sample !== undefined).length;
  for (const { name, link } of all.slice(options.backends.length)) {
    try {
      const server = await dialServer(link, timeoutMs);
      const [row] = await server.query("SHOW VARIABLES LIKE 'server_uuid'", timeoutMs);
      server.end();
      const same = ids.get(row?.['Value'] ?? '');
      if (same !== undefined)
        findings.push({ about: name, severity: 'problem', text: `this witness is ${same} itself: its lock cannot count twice` });
      else findings.push({ about: name, severity: 'fine', text: 'a witness, answers' });
      reached += 1;
    } catch (error) {
      findings.push({ about: name, severity: 'problem', text: `this witness cannot be asked: ${(error as Error).message}` });
    }
  }
  const needed = majorityOf(all.length);
  const text = `${reached} of ${all.length} servers answer, ${needed} are a majority`;
  if (reached - 1 < needed) {
    const fix = 'a witness in failover.coordinator.witnesses, or a third server';
    findings.push({ about: 'coordinator', severity: 'problem', text: `${text}: without the primary nobody can promote`, fix });
  } else findings.push({ about: 'coordinator', severity: 'fine', text: `${text}, also without the primary` });
  return findings;
}
