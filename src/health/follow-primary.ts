import { replicaOf, type ServerSample } from '../topology/sample.js';
import type { BackendWatch } from './backend-watch.js';
import type { ControlLink } from './control-link.js';
import type { FailoverContext } from './failover-context.js';
import type { FollowTarget } from './replication-words.js';

const connectPollMs = 50;
const connectMs = 5_000;

/** What a member is to follow. */
export interface FollowOrder {
  /** The member's name. */
  readonly name: string;
  readonly member: ServerSample;
  readonly primary: BackendWatch;
  readonly primarySample: ServerSample;
  /** MariaDB: it takes its own binlog position as its replication position first. */
  readonly adopt: boolean;
}

/**
 * Points a member at the primary and sees it connect.
 * @returns where it follows it, `host:port`
 * @throws Error with the replica's own word when it does not receive from there
 */
export async function followPrimary(context: FailoverContext, link: ControlLink, order: FollowOrder): Promise<string> {
  const hasSource = order.member.replica !== undefined;
  const semiSync = await context.semiSync.follows(order.name, link, hasSource);
  if (semiSync !== undefined) context.history.recorder.note(Date.now(), semiSync);
  let failure = 'it did not connect';
  for (const target of followTargets(context, order)) {
    // One packet: a proxy that is killed here leaves no replica with its threads stopped.
    await link.change(followStatements(link, target, order.adopt, true).join('; '));
    context.witnesses.restarted(order.name);
    failure = await untilConnected(link, order.primary);
    if (failure === '') return `${target.host}:${target.port}`;
  }
  throw new Error(`it does not receive from ${order.primary.name}: ${failure}`);
}

/** The statements by which a member follows `target`; without `start` it only knows whom it would follow. */
export function followStatements(
  link: Pick<ControlLink, 'words'>,
  target: FollowTarget,
  adopt: boolean,
  start: boolean,
): readonly string[] {
  return [
    link.words.stop,
    ...(adopt ? ['SET GLOBAL gtid_slave_pos = @@global.gtid_binlog_pos'] : []),
    link.words.follow(target),
    ...(start ? [link.words.start] : []),
  ];
}

/** Where the member may reach the primary, and as whom. @throws Error where no replication account is configured */
export function followTargets(
  context: FailoverContext,
  { member, primary, primarySample }: Pick<FollowOrder, 'member' | 'primary' | 'primarySample'>,
): readonly FollowTarget[] {
  const account = context.options.failover.replication;
  if (account === undefined) throw new Error('no replication account is configured (failover.replicationUser)');
  const tls = replicaOf(member)?.tls ?? context.watches.some((other) => replicaOf(other.sample)?.tls === true);
  return addressesOf(primary, primarySample).map((address) => ({ ...address, account, tls, connectRetrySeconds: 1 }));
}

/** Empty text once the receiver is connected and the applier runs, else why not. Nobody waits for a primary that is down. */
async function untilConnected(link: ControlLink, primary: BackendWatch): Promise<string> {
  const untilMs = performance.now() + connectMs;
  for (;;) {
    const replica = replicaOf(await link.look());
    if (replica?.receiver === 'Yes' && replica.applier) return '';
    const why = replica?.receiverError || replica?.applierError || 'it did not connect in time';
    if (primary.detector.state === 'down') return `${primary.name} does not answer any more`;
    if (performance.now() > untilMs || (replica !== undefined && replica.receiver === 'No' && replica.receiverErrno !== 0)) return why;
    await new Promise((resolve) => setTimeout(resolve, connectPollMs));
  }
}

/** Where replicas can reach the primary: where it says itself (`report_host`), then where we reach it. */
function addressesOf(primary: BackendWatch, sample: ServerSample): readonly { readonly host: string; readonly port: number }[] {
  const { host, port, path } = primary.config.address;
  const configured = path === undefined ? [{ host, port }] : [];
  const reported = sample.reportHost === '' ? [] : [{ host: sample.reportHost, port: sample.reportPort }];
  return [...reported, ...configured].filter(
    (one, index, all) => all.findIndex((other) => other.host === one.host && other.port === one.port) === index,
  );
}
