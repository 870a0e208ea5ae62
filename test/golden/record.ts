/**
 * Records the conversations in captures/ anew: real drivers, real servers, every byte between them.
 *
 *   npm run compile && node .build/test/golden/record.js --mysql 127.0.0.1:3310 --mariadb 127.0.0.1:3320 --python python3
 *
 * Both servers are primaries with binlogs and an account admin/admin. `--only NAME` records one scenario. `--shutdown` lets the SHUTDOWN
 * scenario end both servers when all else is done. See README.md.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import mysql from 'mysql2/promise';
import { type Capture, type CapturedFrame, projectRoot, unfoldHex, writeCapture } from './capture.js';
import type { Scenario, Target } from './scenario.js';
import { mysql2Scenarios } from './scenarios/mysql2.js';
import { attributesScenario, programScenarios } from './scenarios/programs.js';
import { rawScenarios, shutdownScenario } from './scenarios/raw.js';
import { openScriptedServer } from './scripted-server.js';
import { setUpStatements } from './set-up.js';
import { WireTap } from './wire-tap.js';

type Flavor = Target['flavor'];
interface Server {
  readonly flavor: Flavor;
  /** First part of its captures' names. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly version: string;
}

const { values } = parseArgs({
  options: {
    mysql: { type: 'string' },
    mariadb: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    only: { type: 'string', default: '' },
    shutdown: { type: 'boolean', default: false },
  },
});

const wanted = ({ name }: Scenario) => name.includes(values.only);
const scenarios = [...mysql2Scenarios, ...programScenarios, ...rawScenarios, ...(values.shutdown ? [shutdownScenario] : [])].filter(wanted);
for (const flavor of ['mysql', 'mariadb'] as const) {
  const address = values[flavor];
  if (address === undefined) continue;
  const server = await prepareServer(flavor, address);
  for (const scenario of scenarios) {
    if (scenario.only === undefined || scenario.only === flavor) await record(server, scenario);
  }
}
if (wanted(attributesScenario)) {
  const { port, server } = await openScriptedServer();
  await record({ flavor: 'mysql', name: 'scripted', host: '127.0.0.1', port, version: '(scripted)' }, attributesScenario);
  server.close();
}

async function prepareServer(flavor: Flavor, address: string): Promise<Server> {
  const [host = '127.0.0.1', port = '3306'] = address.split(':');
  const found = { flavor, name: flavor, host, port: Number(port), version: '' };
  for (const statement of setUpStatements(flavor)) await asAdmin(found, statement);
  const rows = (await asAdmin(found, 'SELECT VERSION() AS version')) as { version: string }[];
  return { ...found, version: rows[0]?.version ?? '' };
}

async function asAdmin(server: Server, sql: string): Promise<unknown> {
  const connection = await mysql.createConnection({ host: server.host, port: server.port, user: 'admin', password: 'admin' });
  try {
    return (await connection.query(sql))[0];
  } finally {
    await connection.end();
  }
}

async function record(server: Server, scenario: Scenario): Promise<void> {
  const name = `${server.name}-${scenario.name}`;
  const tap = await WireTap.open(server);
  const admin = async (sql: string) => void (await asAdmin(server, sql));
  const driverSaw = await scenario.run({ flavor: server.flavor, port: tap.port, python: values.python, admin });
  const frames = await tap.close();
  const about = { name, server: `${server.flavor} ${server.version}`, driver: scenario.driver, what: scenario.what };
  const text = writeCapture({ ...about, driverSaw: driverSaw ?? null, frames: publishable(name, frames) } satisfies Capture);
  const folder = join(projectRoot(), 'test/golden/captures');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.txt`), text);
  process.stdout.write(`${name}: ${frames.length} frames, ${text.length} bytes\n`);
}

/** Nothing of this machine may get into the repository. Names of three letters and less would be found by chance. */
function publishable(name: string, frames: readonly CapturedFrame[]): readonly CapturedFrame[] {
  const machine = hostname();
  const found = ([, hex]: CapturedFrame) => unfoldHex(hex).includes(machine);
  if (machine.length > 3 && machine !== 'localhost' && frames.some(found)) throw new Error(`${name}: the machine's name is in it`);
  return frames;
}
