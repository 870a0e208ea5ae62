import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../capture.js';
import type { Scenario, Target } from '../scenario.js';

/** Drivers that are programs of their own. */
export const programScenarios: readonly Scenario[] = [
  {
    name: 'pymysql',
    driver: 'PyMySQL',
    what: 'see drivers/pymysql_session.py',
    run: (target) => python(target, 'pymysql_session.py'),
  },
  {
    name: 'connector',
    driver: 'libmysqlclient (mysql-connector-python)',
    only: 'mysql',
    what: 'see drivers/connector_session.py',
    run: (target) => python(target, 'connector_session.py'),
  },
  {
    name: 'mariadb-client',
    driver: 'mariadb command line client',
    what: 'LOCAL INFILE of a file and of an empty one; with name completion on: COM_FIELD_LIST; status: COM_STATISTICS',
    run: runMariadbClient,
  },
  {
    name: 'mariadb-client-tls',
    driver: 'mariadb command line client',
    what: 'asks for TLS; MySQL goes on encrypted, MariaDB without certificates never offers it',
    only: 'mysql',
    run: async (target) => {
      await mariadb(target, ['--ssl', '-e', 'SELECT 1'], '.');
    },
  },
];

/** Recorded against the scripted server. */
export const attributesScenario: Scenario = {
  name: 'attributes',
  driver: 'libmysqlclient (mysql-connector-python)',
  what: 'query attributes, see drivers/attributes_session.py',
  run: (target) => python(target, 'attributes_session.py'),
};

async function python(target: Target, script: string): Promise<unknown> {
  const path = join(projectRoot(), 'test/golden/drivers', script);
  return JSON.parse(await run(target.python, [path, String(target.port)], '.', ''));
}

async function runMariadbClient(target: Target): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-golden-'));
  try {
    await writeFile(join(folder, 'golden.tsv'), '1\tone\n2\ttwo\n');
    await writeFile(join(folder, 'empty.tsv'), '');
    const statements = [
      "LOAD DATA LOCAL INFILE 'golden.tsv' INTO TABLE loaded;",
      "LOAD DATA LOCAL INFILE 'empty.tsv' INTO TABLE loaded;",
      'SELECT * FROM loaded ORDER BY a;',
      'DELETE FROM loaded;',
      'SELECT COUNT(*) FROM loaded;',
    ];
    return await mariadb(
      target,
      ['--skip-ssl', '--local-infile=1', '--auto-rehash'],
      folder,
      `${statements.join('\n')}\nstatus\nuse golden\n`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function mariadb(target: Target, extra: readonly string[], folder: string, input = ''): Promise<string> {
  const login = ['--no-defaults', '-h127.0.0.1', `-P${target.port}`, '-ugolden_native', '-pgolden-secret', '-N', '-B'];
  return await run('mariadb', [...login, ...extra, 'golden'], folder, input);
}

async function run(program: string, args: readonly string[], cwd: string, input: string): Promise<string> {
  const child = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  let output = '';
  child.stdout.setEncoding('utf8');
  for await (const chunk of child.stdout) output += String(chunk);
  return output;
}
