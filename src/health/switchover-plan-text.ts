import type { BackendWatch } from './backend-watch.js';
import type { FailoverContext } from './failover-context.js';
import type { PlannedStep } from './handover-progress.js';
import { replicationWords } from './replication-words.js';

/** The steps of a planned move, in order, with the SQL of each, for people. */
export function switchoverPlan(context: FailoverContext, from: BackendWatch, to: BackendWatch, timeoutMs: number): readonly PlannedStep[] {
  const { watches, options, decision } = context;
  const mysql = from.identity?.flavor !== 'mariadb';
  const words = wordsOf(to);
  const others = watches.filter((watch) => watch !== from && watch !== to && decision.sources.get(watch.name) === from.name);
  const follow = followText(context, from, to);
  return [
    {
      phase: 'prepare',
      backend: from.name,
      what: `note ${to.name} as its future source, and wait until that is close`,
      sql: follow,
    },
    { phase: 'drain', what: `hold what is new, let open transactions end; ${timeoutMs} ms for all up to the release` },
    {
      phase: 'read-only',
      backend: from.name,
      what: 'take no more writes',
      sql: mysql ? 'SET GLOBAL super_read_only = ON' : 'SET GLOBAL read_only = ON',
    },
    { phase: 'catch-up', backend: to.name, what: `wait until it has every transaction of ${from.name}` },
    { phase: 'promote', backend: to.name, what: 'stop its replication', sql: `${words.stopReceiver}; ${words.stop}` },
    {
      phase: 'promote',
      backend: to.name,
      what: 'take writes',
      sql: mysql ? 'SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF' : 'SET GLOBAL read_only = OFF',
    },
    { phase: 'promote', backend: to.name, what: 'forget its source', sql: words.forget },
    { phase: 'release', what: `send to ${to.name} what was held` },
    ...[from, ...others].map((watch) => ({
      phase: 'repoint' as const,
      backend: watch.name,
      what: `follow ${to.name}, verified`,
      sql: `${wordsOf(watch).stop}; ${followText(context, watch, to)}; ${wordsOf(watch).start}`,
    })),
    ...(options.failover.mode === 'follow'
      ? [{ phase: 'repoint' as const, what: 'failover.mode is follow: nobody puts this in order if the proxy is killed midway' }]
      : []),
  ];
}

function wordsOf(watch: BackendWatch): ReturnType<typeof replicationWords> {
  return replicationWords(watch.identity?.flavor ?? 'mysql', watch.identity?.greetingVersion ?? '');
}

function followText({ options }: FailoverContext, watch: BackendWatch, to: BackendWatch): string {
  const { host, port } = to.config.address;
  const reported = to.sample?.reportHost;
  const account = { user: options.failover.replication?.user ?? '', password: '***' };
  const at = reported === undefined || reported === '' ? { host, port } : { host: reported, port: to.sample?.reportPort ?? port };
  return wordsOf(watch).follow({ ...at, account, tls: false, connectRetrySeconds: 1 });
}
