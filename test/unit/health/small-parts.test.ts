import t from 'tap';
import { FailoverRecorder } from '../../../src/health/failover-report.js';
import { deadline } from '../../../src/health/probes/deadline.js';
import { flavorOf } from '../../../src/health/probes/probe-statements.js';
import { replicationWords, versionAtLeast } from '../../../src/health/replication-words.js';
import { restartedSince } from '../../../src/health/restarted.js';

t.test('did the server restart after the connection was made?', async (t) => {
  // It started somewhere in the second from 100,000 ms; we first talked to it at 105,000.
  const incarnation = { serial: 1, startedServerSeconds: 1, startedMs: 100_000, firstSeenMs: 105_000 };
  t.equal(restartedSince(incarnation, 99_000), true);
  t.equal(restartedSince(incarnation, 100_500), true, 'the same second: assumed');
  t.equal(restartedSince(incarnation, 101_000), false, 'even the latest possible start lies before');
  t.equal(restartedSince(incarnation, 106_000), false);
  t.equal(restartedSince({ ...incarnation, firstSeenMs: 100_400 }, 100_500), false, 'we had talked to this process before');
});

t.test('replication statements', async (t) => {
  const target = { host: '10.0.0.1', port: 3306, account: { user: 'repl', password: "o'x" }, tls: true, connectRetrySeconds: 1 };
  const old = replicationWords('mysql', '8.0.15');
  t.equal(old.stop, 'STOP SLAVE');
  t.equal(
    old.follow(target),
    "CHANGE MASTER TO MASTER_HOST='10.0.0.1', MASTER_PORT=3306, MASTER_USER='repl', MASTER_PASSWORD='o''x', MASTER_CONNECT_RETRY=1, MASTER_SSL=1, MASTER_AUTO_POSITION=1, GET_MASTER_PUBLIC_KEY=1",
  );
  const recent = replicationWords('mysql', '8.4.2');
  t.equal(recent.forget, 'RESET REPLICA ALL');
  t.match(recent.follow(target), /^CHANGE REPLICATION SOURCE TO SOURCE_HOST=.*SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1$/);
  const maria = replicationWords('mariadb', '5.5.5-10.11.6-MariaDB-log');
  t.match(maria.follow(target), /MASTER_USE_GTID=slave_pos$/);
  t.throws(() => maria.follow({ ...target, account: { user: 'r', password: 'a\\' } }), RangeError, 'no quoting trick can get through');
  t.equal(versionAtLeast('8.0.23', [8, 0, 23]), true);
  t.equal(versionAtLeast('8.0.22-log', [8, 0, 23]), false);
  t.equal(flavorOf('5.5.5-10.11.6-MariaDB-log'), 'mariadb');
});

t.test('reports', async (t) => {
  let nowMs = 1_000;
  const recorder = new FailoverRecorder('main', () => nowMs);
  recorder.outcome('repointed', 1);
  recorder.begin('db1', 1_000, 'db1 is down');
  recorder.note(900, 'traffic: db1 reset', 100);
  recorder.evidence('db2 lost it too');
  recorder.outcome('held', 1_100);
  recorder.outcome('held', 1_200, 180.4);
  recorder.lost('uuid:7', 1);
  t.match(recorder.reports, [{ kind: 'open', oldPrimary: 'db1', endedMs: undefined }]);
  nowMs = 2_000;
  recorder.end('promotion', 'db2', 2_000);
  recorder.outcome('read-rerun', 3_000);
  recorder.outcome('unknown', 9_000);
  nowMs = 2_500;
  // The wall clock was set back meanwhile.
  recorder.note(500, 'db3 follows db2');
  const [report] = recorder.reports;
  t.match(report, {
    kind: 'promotion',
    startedMs: 1_000,
    endedMs: 2_000,
    newPrimary: 'db2',
    lostGtids: 'uuid:7',
    evidence: ['db2 lost it too'],
  });
  t.same(report?.outcomes, { held: 2, 'read-rerun': 1 }, 'outcomes count during the event and five seconds after it');
  t.same(
    report?.timeline.map(({ atMs }) => atMs),
    [900, 1_000, 2_000, 500],
    'in order of time',
  );
  t.same(
    report?.timeline.map(({ sinceMs }) => sinceMs),
    [-100, 0, 1_000, 1_500],
  );
  t.equal(report?.tookMs, 1_000);
  for (let event = 0; event < 60; event += 1) {
    recorder.begin('db1', 10_000 + event, 'x');
    recorder.end('recovery', 'db1', 10_001 + event);
  }
  t.equal(recorder.reports.length, 50);
  t.equal(new Set(recorder.reports.map(({ id }) => id)).size, 50);
});

t.test('a deadline does not fire for what already lies in the socket when this process was held up', async (t) => {
  let fired = false;
  const cancel = deadline(20, () => {
    fired = true;
  });
  const blockedUntil = performance.now() + 150;
  while (performance.now() < blockedUntil);
  // The answer is handled in the loop's next turn, as a socket's data would be.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(fired, false);
  cancel();
  const timedOut = new Promise<void>((resolve) => deadline(20, resolve));
  await timedOut;
  t.pass('and fires when nothing comes');
});
