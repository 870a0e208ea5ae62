/**
 * Planned switchovers in a row under load; prints how long new writes were held and what the slowest write or transaction of any client
 * took in each. `node .build/bench/switchover.js [mysql|mariadb] [runs] [clients]`, after `npm run build` and a build of the tests.
 */
import { loadavg } from 'node:os';
import { HandoverLoad } from '../test/integration/handover-load.js';
import { type Flavor, startPointsman, startReplication, until } from '../test/servers/servers.js';
import { median } from './median.js';

const [, , flavor = 'mysql', runs = '20', clients = '64'] = process.argv;
const TOKEN = 'for-the-operators';
const set = await startReplication({ flavor: flavor as Flavor, replicas: 1 });
const proxy = await startPointsman({ set, mode: 'promote', config: { admin: { token: TOKEN } } });
const load = new HandoverLoad(proxy);
await load.start(Number(clients), 50);
const pauses: number[] = [];
const slowest: number[] = [];
const all: number[] = [];
for (let run = 0; run < Number(runs); run += 1) {
  load.takeSlowest();
  const answer = await until('a switchover', async () => {
    const response = await fetch(`${proxy.adminUrl}/api/v1/clusters/main/switchover`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: '{}',
    });
    return response.status === 200 ? ((await response.json()) as { pauseMs: number }) : undefined;
  });
  const felt = load.takeSlowest();
  pauses.push(answer.pauseMs);
  slowest.push(Math.round(Math.max(0, ...felt)));
  all.push(...felt);
}
await load.stop();
const sorted = [...pauses].sort((a, b) => a - b);
console.log(`${flavor}: ${runs} switchovers, ${clients} clients, load ${loadavg()[0]?.toFixed(1)}`);
console.log(`held ms: median ${median(pauses)}, p99 ${sorted[Math.ceil(sorted.length * 0.99) - 1]}, all ${pauses.join(' ')}`);
console.log(`slowest of a client, ms: median ${median(slowest)}, most ${Math.max(...slowest)}`);
console.log(`client errors: ${load.troubles.length} ${JSON.stringify(load.troubles.slice(0, 3))}; writes ${load.acknowledged.length}`);
await proxy.stop();
await set.stop();
