import { OracleWorld } from './oracle-world.js';
import { runOracle } from './run-oracle.js';
import { delay } from './trouble.js';

const arg = (name: string, usual: string): string =>
  process.argv.find((it) => it.startsWith(`--${name}=`))?.slice(name.length + 3) ?? usual;
const lanes = Number(arg('lanes', '2'));
const from = Number(arg('seed', '1'));
const count = Number(arg('count', '50'));
const world = await OracleWorld.start({
  flavor: arg('flavor', 'mysql') as 'mysql',
  lanes,
  replicas: Number(arg('replicas', '1')),
  route: arg('route', 'split') as 'split',
  neverBehind: arg('settle', '') !== '',
});
// Replicas that lag all the time: reads behind writes are the primary's then.
for (const replica of world.set.replicas) if (arg('lag', '') !== '') await delay(replica, Number(arg('lag', '1')));
const started = performance.now();
const tally = await runOracle(world, {
  seeds: Array.from({ length: count }, (_, at) => from + at),
  lanes,
  length: Number(arg('length', '40')),
  moves: Number(arg('moves', '0.03')),
  shownDifferences: Number(arg('show', '5')),
  ...(arg('without', '') !== '' && { without: new RegExp(arg('without', '')) }),
  say: (text) => console.log(`${text}\n`),
});
const { reports, ...rest } = tally;
console.log(JSON.stringify(rest), `${reports.length} reports`, `${Math.round(performance.now() - started)} ms`);
const log = world.proxy.log();
console.log(
  log
    .split('\n')
    .filter((line) => /"level":(40|50|60)|error/.test(line))
    .slice(-Number(arg('log', '5')))
    .join('\n'),
);
await world.stop();
process.exit(0);
