/**
 * Clients at work, servers that are killed, frozen, cut off, delayed and switched over at random, and a judge who compares what the clients
 * were told with what the servers hold. `--count N`: so many failovers and so many switchovers of each kind (Galera: node kills); those that
 * test/results/chaos.json holds for this product count. `--only=mysql,galera`: only these kinds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { packetFilterUnavailable, serverUnavailable } from '../servers/servers.js';
import { ChaosRecord } from './chaos-record.js';
import { KINDS, runSession } from './chaos-session.js';

const count = Number(process.env['POINTSMAN_COUNT'] ?? 2);
const only = (process.env['POINTSMAN_ONLY'] ?? '').split(',').filter((kind) => kind !== '');
const firstSeed = Number(process.env['POINTSMAN_SEED'] ?? 1);
const noFilter = await packetFilterUnavailable();

for (const kind of KINDS) {
  if (only.length > 0 && !only.includes(kind)) continue;
  const reason = noFilter ?? (await serverUnavailable(kind === 'mysql' ? 'mysql' : 'mariadb'));
  t.test(`${kind}: ${count} failovers and switchovers`, { skip: reason ?? false, timeout: 24 * 3_600_000 }, async (t) => {
    const record = await ChaosRecord.open();
    // One that goes on draws what has not been drawn.
    for (let seed = firstSeed + 100 * record.sessionsOf(kind); ; seed += 100) {
      const { failovers, switchovers } = record.done(kind);
      if (failovers >= count && (switchovers >= count || kind === 'galera')) break;
      const { record: session, log } = await runSession(kind, seed, (text) => t.comment(text));
      record.add(session);
      t.comment(JSON.stringify({ ...session, faults: session.faults.length }));
      if (session.faults.length > 0) {
        const folder = join(process.env['POINTSMAN_KEEP_LOGS'] ?? tmpdir(), 'pointsman-chaos');
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, `${kind}-${seed}.log`), log);
      }
      t.same(session.faults, [], `${kind}, seed ${seed}: ${session.deeds.join(', ')}`);
    }
    const done = record.done(kind);
    t.ok(done.failovers >= count, `${kind}: ${done.failovers} failovers, ${done.switchovers} switchovers, ${done.others} other deeds`);
  });
}
