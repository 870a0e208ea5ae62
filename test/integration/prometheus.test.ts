/** config/prometheus and config/grafana: checked by promtool, and asked of a real Prometheus that scrapes a real Pointsman. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { METRICS } from '../../src/telemetry/metric-catalog.js';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { runCommand } from '../servers/run-command.js';
import { buryLater, reservePorts, serverUnavailable, startReplication, until } from '../servers/servers.js';
import { unpackedPackage } from '../servers/unpacked-package.js';

const FOLDER = join(REPOSITORY, 'config/prometheus');
const RULES = readFileSync(join(FOLDER, 'pointsman.rules.yml'), 'utf8');
const DASHBOARD = JSON.parse(readFileSync(join(REPOSITORY, 'config/grafana/pointsman.json'), 'utf8')) as {
  panels: { title: string; targets?: { expr: string }[] }[];
};
const EXPRESSIONS = DASHBOARD.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

t.test('every metric in them is one of ours', async (t) => {
  const names = [RULES, ...EXPRESSIONS.map(({ expr }) => expr)].join('\n').match(/\bpointsman_[a-z_]+/g) ?? [];
  t.ok(names.length > 30);
  for (const name of new Set(names)) t.ok(name.replace(/_bucket$/, '') in METRICS, name);
});

t.test('promtool is content, and the alerts fire when they should', async (t) => {
  const promtool = join(await unpackedPackage('prometheus'), 'usr/bin/promtool');
  await t.resolves(runCommand(promtool, ['check', 'config', join(FOLDER, 'prometheus.yml')]));
  await t.resolves(runCommand(promtool, ['test', 'rules', join(FOLDER, 'pointsman.rules.test.yml')]));
});

/** Prometheus with our rules, scraping `target` each second. */
async function startPrometheus(target: string): Promise<{ url: string; stop: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-prometheus-'));
  buryLater({ kind: 'folder', path: folder });
  const [reserved] = await reservePorts(1);
  const address = `127.0.0.1:${reserved?.port}`;
  const config = readFileSync(join(FOLDER, 'prometheus.yml'), 'utf8').replaceAll('5s', '1s').replace('pointsman:6481', target);
  writeFileSync(join(folder, 'prometheus.yml'), config);
  writeFileSync(join(folder, 'pointsman.rules.yml'), RULES);
  const args = [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${folder}`, `--web.listen-address=${address}`];
  const child = spawn(join(await unpackedPackage('prometheus'), 'usr/bin/prometheus'), args, { stdio: 'ignore', detached: true });
  buryLater({ kind: 'process', pid: child.pid ?? -1, token: folder });
  const stop = (): void => {
    child.kill('SIGKILL');
    reserved?.release();
  };
  return { url: `http://${address}`, stop };
}

interface Answer {
  readonly status: string;
  readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

const reason = await serverUnavailable('mariadb');
t.test('a real Prometheus scrapes a real Pointsman', { skip: reason ?? false }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 1 });
  t.teardown(() => set.stop());
  const proxy = await startPointsman({ servers: set });
  t.teardown(() => proxy.stop());
  const prometheus = await startPrometheus(new URL(proxy.adminUrl).host);
  t.teardown(() => prometheus.stop());
  const ask = async (expression: string): Promise<Answer> => {
    const concrete = expression.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s');
    const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(concrete)}`).catch(() => undefined);
    return answer?.ok !== true ? { status: 'no answer' } : ((await answer.json()) as Answer);
  };
  const client = await proxy.connect('split');
  const busy = setInterval(() => void client.query('SELECT 1').catch(() => undefined), 50);
  t.teardown(() => clearInterval(busy));
  await until(
    'it has seen traffic',
    async () => Number((await ask('sum(rate(pointsman_queries_total[10s]))')).data?.result[0]?.value[1] ?? 0) > 0,
  );
  const rules = (await (await fetch(`${prometheus.url}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { health: string; name: string }[] }[] };
  };
  const names = rules.data.groups.flatMap((group) => group.rules);
  t.ok(names.length > 12);
  await until('all rules were looked at', async () => {
    const now = (await (await fetch(`${prometheus.url}/api/v1/rules`)).json()) as typeof rules;
    return now.data.groups.flatMap((group) => group.rules).every(({ health }) => health === 'ok');
  });
  // What has no events yet has no series; what every proxy has must be there.
  const mayBeEmpty = /errors|could not be made|fresh|Rule hits/i;
  for (const { title, expr } of EXPRESSIONS) {
    const answer = await ask(expr);
    t.equal(answer.status, 'success', `${title}: ${expr}`);
    if (!mayBeEmpty.test(title)) t.not(answer.data?.result.length, 0, `${title} shows something`);
  }
  client.destroy();
});
