import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { replicaStatement } from '../servers/replication.js';
import { FLAVORS, PASSWORDS, type Server, serverUnavailable, startReplication } from '../servers/servers.js';

/**
 * An application that knows nothing of proxies, with its own tests, on the split port in front of a replica that lags by a second: Django's tests
 * of schema changes, introspection, migrations and transactions, which write and read at once, mostly with autocommit. They must give the same as
 * on the primary alone: what fails there (PyMySQL in place of mysqlclient) fails here, and nothing else. Each test has a connection of its own and
 * looks at what the one before has left, so reads have to see what other sessions wrote: consistency is `global`.
 */
const DJANGO = '4.2.16';
const LABELS = [
  'schema',
  'introspection',
  'migrations.test_operations',
  'transactions',
  'fixtures_regress',
  'get_or_create',
  'delete_regress',
];
const FOLDER = join(import.meta.dirname, '../../applications');
const PYTHON = join(FOLDER, 'venv/bin/python');
const TESTS = join(FOLDER, `django-${DJANGO}/tests`);

const SETTINGS = `import os
import pymysql

pymysql.version_info = (1, 4, 6, "final", 0)
pymysql.install_as_MySQLdb()
base = {
    "ENGINE": "django.db.backends.mysql",
    "HOST": "127.0.0.1",
    "PORT": os.environ["APPLICATION_PORT"],
    "USER": "app",
    "PASSWORD": os.environ["APPLICATION_PASSWORD"],
    "OPTIONS": {"charset": "utf8mb4"},
}
DATABASES = {
    "default": {**base, "NAME": "d1", "TEST": {"NAME": "test_d1", "CHARSET": "utf8mb4"}},
    "other": {**base, "NAME": "d2", "TEST": {"NAME": "test_d2", "CHARSET": "utf8mb4"}},
}
SECRET_KEY = "for tests only"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
`;

/** Runs a program to its end; both its outputs together. */
function run(program: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve(String(error)));
    child.on('close', () => resolve(output));
  });
}

/** Why there is no Django here; undefined when there is. */
async function prepareDjango(): Promise<string | undefined> {
  if (!existsSync(PYTHON)) {
    await mkdir(FOLDER, { recursive: true });
    const made = await run('python3', ['-m', 'venv', 'venv'], FOLDER);
    if (!existsSync(PYTHON)) return `no virtual environment: ${made.slice(-300)}`;
  }
  if (!existsSync(TESTS)) {
    const wanted = ['--no-binary', 'django', '--no-deps', `django==${DJANGO}`];
    let output = await run(PYTHON, ['-m', 'pip', 'download', '--quiet', ...wanted], FOLDER);
    await rm(join(FOLDER, 'unpacked'), { recursive: true, force: true });
    await mkdir(join(FOLDER, 'unpacked'));
    output += await run('sh', ['-c', 'tar -xzf [Dd]jango-*.tar.gz -C unpacked --strip-components=1'], FOLDER);
    output += await run(
      PYTHON,
      ['-m', 'pip', 'install', '--quiet', '-e', './unpacked', 'pymysql', 'cryptography', 'jinja2', 'tblib'],
      FOLDER,
    );
    if (!existsSync(join(FOLDER, 'unpacked/tests/runtests.py'))) return `Django ${DJANGO} cannot be had: ${output.slice(-300)}`;
    await rename(join(FOLDER, 'unpacked'), join(FOLDER, `django-${DJANGO}`));
    await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '-e', `./django-${DJANGO}`], FOLDER);
  }
  await writeFile(join(TESTS, 'application_settings.py'), SETTINGS);
  return undefined;
}

interface Outcome {
  readonly ran: number;
  /** Names of the tests that did not pass. */
  readonly failed: readonly string[];
  readonly end: string;
}

async function runDjango(port: number): Promise<Outcome> {
  const args = ['runtests.py', '--settings=application_settings', '--parallel=1', '--noinput', ...LABELS];
  const env = { APPLICATION_PORT: String(port), APPLICATION_PASSWORD: PASSWORDS.app };
  const output = await run(PYTHON, args, TESTS, env);
  const failed = [...output.matchAll(/^(?:ERROR|FAIL): (.+)$/gm)].map(([, name]) => name ?? '').sort();
  return { ran: Number(/^Ran (\d+) tests/m.exec(output)?.[1] ?? 0), failed, end: output.slice(-600) };
}

const missing = await prepareDjango();

for (const flavor of FLAVORS) {
  const reason = missing ?? (await serverUnavailable(flavor));
  t.test(`${flavor}: Django on the split port, the replica one second behind`, { skip: reason ?? false, timeout: 1_800_000 }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    const proxy = await startPointsman({
      servers: set,
      backend: { readDelayed: true },
      config: { clusters: { main: { replicas: { consistency: 'global' } } } },
    });
    t.teardown(async () => {
      await proxy.stop();
      await set.stop();
    });
    for (const database of ['d1', 'd2', 'test_d1', 'test_d2']) await set.primary.sql(`GRANT ALL ON ${database}.* TO app@'%'`);
    const direct = await runDjango(set.primary.port);
    t.ok(direct.ran > 500, `${direct.ran} tests on the primary alone, ${direct.failed.length} not passed: ${direct.end}`);
    await set.caughtUp();
    const replica = set.replicas[0] as Server;
    await replica.sql(replicaStatement(replica, 'STOP'));
    await replica.sql('CHANGE MASTER TO MASTER_DELAY = 1');
    await replica.sql(replicaStatement(replica, 'START'));
    const split = await runDjango(proxy.ports.split);
    t.equal(split.ran, direct.ran, split.end);
    t.same(split.failed, direct.failed, 'the same tests pass');
    const metrics = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
    const onReplica = /^pointsman_query_duration_seconds_count\{role="replica",kind="read"\} (\d+)/m.exec(metrics)?.[1];
    t.ok(Number(onReplica) > 0, `${onReplica} reads ran on the replica`);
  });
}
