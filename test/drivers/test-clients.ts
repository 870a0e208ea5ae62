import { writeFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { FLAVORS, type Flavor, serverUnavailable } from '../servers/servers.js';
import type { Client } from './client.js';
import type { Comparison } from './compare.js';
import { type MatrixEntry, type MatrixRecord, summarise } from './record.js';
import { runClient } from './run-matrix.js';
import { SCENARIOS } from './scenarios.js';
import { setStage } from './stage.js';

const progress = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const bothWays = ({ direct, proxy }: Comparison): object => ({
  at: null, // the place is this file, for every one of them
  stack: '',
  direct: `${direct.status}: ${direct.detail}`,
  proxy: `${proxy.status}: ${proxy.detail}`,
});

function report(t: Test, comparisons: readonly Comparison[]): void {
  for (const one of comparisons) {
    if (one.verdict === 'skip') t.ok(true, one.scenario, { skip: one.direct.detail });
    else if (one.verdict === 'direct')
      t.ok(true, one.scenario, { skip: `fails directly too: ${one.direct.detail} | through the proxy: ${one.proxy.detail}` });
    else t.ok(one.verdict === 'pass' || one.verdict === 'better', one.scenario, bothWays(one));
  }
}

/** Runs the clients one after another against each server, directly and through the proxy; a test for each, an assertion for each scenario. */
export async function testClients(clients: readonly Client[], { record }: { record: boolean }): Promise<void> {
  const entries: MatrixEntry[] = [];
  const servers: Partial<Record<Flavor, string>> = {};
  for (const flavor of FLAVORS) {
    const reason = await serverUnavailable(flavor);
    await t.test(flavor, { skip: reason ?? false }, async (t) => {
      const stage = await setStage(flavor);
      servers[flavor] = stage.version;
      t.teardown(() => stage.stop());
      for (const client of clients) {
        await t.test(client.name, async (t) => {
          const run = await runClient(client, stage, progress);
          entries.push(summarise(client, flavor, run));
          if ('missing' in run) t.ok(true, 'every scenario', { skip: run.missing });
          else report(t, run.comparisons);
          if (!stage.proxy.running) throw new Error('Pointsman died');
        });
      }
    });
  }
  const { POINTSMAN_SUITE_DETAILS: path = '' } = process.env;
  if (!record || path === '') return;
  const whole: MatrixRecord = { servers, scenarios: SCENARIOS.map(({ name, expects }) => ({ name, expects })), entries };
  await writeFile(path, JSON.stringify(whole));
}
