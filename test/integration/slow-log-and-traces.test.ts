import { existsSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { installPackages } from '../servers/debian-packages.js';
import { runCommand } from '../servers/run-command.js';
import { buryLater, serverUnavailable, startReplication, until } from '../servers/servers.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

interface SpanJson {
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status: object;
}

/** A collector that keeps what it gets. */
async function startCollector(t: Test): Promise<{ url: string; spans: SpanJson[] }> {
  const spans: SpanJson[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { resourceSpans: { scopeSpans: { spans: SpanJson[] }[] }[] };
      spans.push(...body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, spans };
}

const reason = await serverUnavailable('mysql');
t.test('the slow log and traces of two workers', { skip: reason ?? false }, async (t) => {
  const set = await startReplication({ flavor: 'mysql', replicas: 1 });
  t.teardown(() => set.stop());
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-slow-'));
  buryLater({ kind: 'folder', path: folder });
  const file = join(folder, 'logs/slow.log');
  const collector = await startCollector(t);
  const proxy = await startPointsman({
    servers: set,
    workers: 2,
    config: { slowLog: { file, threshold: '50ms' }, tracing: { endpoint: collector.url, sampleEvery: 0, service: 'shop-db' } },
  });
  t.teardown(() => proxy.stop());
  const clients = await Promise.all([proxy.connect('split'), proxy.connect('primary')]);
  t.teardown(() => {
    for (const each of clients) each.destroy();
  });
  const [client] = clients;

  await t.test('slow statements stand in the log, and pt-query-digest reads it', async (t) => {
    for (const [index, each] of clients.entries()) await each.query(`SELECT SLEEP(0.1), 'secret ${index}'`);
    await client?.query('SELECT 1');
    const text = await until(
      'both are written',
      () => existsSync(file) && (readFileSync(file, 'utf8').match(/^# Time/gm)?.length ?? 0) === 2 && readFileSync(file, 'utf8'),
    );
    t.match(text, /# User@Host: app\[app\] @ {2}\[127\.0\.0\.1\]/);
    t.notMatch(text, /secret/, 'literals are not written unless asked for');
    await installPackages(['percona-toolkit'], (line) => t.comment(line));
    const report = await runCommand('pt-query-digest', ['--limit', '5', file], { timeoutMs: 60_000 });
    t.match(report, /2 total, 1 unique/, 'both are one kind of statement');
    t.match(report, /SELECT\b.*sleep/i);
  });

  await t.test('a log that was moved away is made anew', async (t) => {
    renameSync(file, `${file}.1`);
    await until('the new file has the next statement', async () => {
      await client?.query('SELECT SLEEP(0.06)');
      return existsSync(file) && readFileSync(file, 'utf8').includes('# Query_time');
    });
    t.pass();
  });

  await t.test('a statement becomes a part of its trace', async (t) => {
    const before = Date.now();
    await client?.query(`SELECT 42 /*traceparent='00-${TRACE}-${PARENT}-01'*/`);
    await client?.query(`SELECT 43 /*traceparent='00-${TRACE}-${PARENT}-00'*/`);
    await client?.query('SELECT 44');
    await t.rejects(client?.query(`SELECT nothing /*traceparent='00-${TRACE}-${PARENT}-01'*/`) ?? Promise.resolve());
    await until('both spans came', () => collector.spans.length >= 2);
    t.equal(collector.spans.length, 2, 'neither the one that is not sampled nor the one without a trace');
    const [good, bad] = collector.spans;
    t.match(good, { traceId: TRACE, parentSpanId: PARENT, name: 'SELECT', status: {} });
    t.match(bad?.status, { code: 2 });
    const startedMs = Number(BigInt(good?.startTimeUnixNano ?? 0) / 1_000_000n);
    t.ok(Math.abs(startedMs - before) < 10_000, 'in our time');
    t.ok(BigInt(good?.endTimeUnixNano ?? 0) > BigInt(good?.startTimeUnixNano ?? 0));
    const attributes = Object.fromEntries((good?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));
    t.match(attributes, { 'db.system.name': 'mysql', 'enduser.id': 'app', 'pointsman.cluster': 'main', 'pointsman.kind': 'read' });
    t.notMatch(String(attributes['db.query.text']), /42/);
  });
});
