/** Programs of the command line: node program.mjs TOOL. Each runs the scenarios that are a thing of it. */
import { spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_BYTES, env, largeBlob, md5, runScenarios, same, TEXT } from './harness.mjs';

const TOOL = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), 'pointsman-tool-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** Runs a program; gives its exit code and what it wrote. */
function run(command, args, input) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const out = [];
    const err = [];
    child.stdout.on('data', (bytes) => out.push(bytes));
    child.stderr.on('data', (bytes) => err.push(bytes));
    child.stdin.on('error', () => undefined);
    if (typeof input === 'string' && input.startsWith('file:')) createReadStream(input.slice(5)).pipe(child.stdin);
    else child.stdin.end(input ?? '');
    child.on('error', (error) => resolve({ code: 127, out: '', err: error.message }));
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString().trim() }));
  });
}

async function good(command, args, input) {
  const result = await run(command, args, input);
  if (result.code !== 0) throw new Error(`${command} ended with ${result.code}: ${(result.err || result.out).slice(-400)}`);
  return result.out;
}

const login = (user = env.DB_USER, password = env.DB_PASSWORD) => [
  '--no-defaults',
  `-h${env.DB_HOST}`,
  `-P${env.DB_PORT}`,
  `-u${user}`,
  `--password=${password}`,
];
const PLAIN = ['--skip-ssl'];
const TLS = ['--ssl', '--skip-ssl-verify-server-cert'];
const DATABASE = env.DB_NAME;

/** The mariadb client on our database. */
const mariadb = (sql, more = PLAIN, user) =>
  good('mariadb', [...login(user), ...more, '--default-character-set=utf8mb4', '-N', '-B', DATABASE], sql);
const refused = async (args) => {
  const { code, err } = await run('mariadb', args, 'SELECT 1');
  if (code === 0) throw new Error('no error came');
  return err;
};

async function cipher(more, user) {
  const [account, line = ''] = (await mariadb("SELECT CURRENT_USER(); SHOW STATUS LIKE 'Ssl_cipher'", more, user)).split('\n');
  same(line.split('\t')[1] !== '', more === TLS, 'Ssl_cipher is set');
  return account;
}

/** The checksums of all tables, for a dump and its copy. */
async function checksums(database) {
  const tables = ['numbers', 'every_type', 'balances', 'bytes', 'texts'];
  return mariadb(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = '${database}' AND table_type = 'BASE TABLE' ORDER BY 1; ${tables
      .map((table) => `SELECT COUNT(*), '${table}' FROM \`${database}\`.${table}; CHECKSUM TABLE \`${database}\`.${table}`)
      .join('; ')}`,
  );
}

/** Something to dump that is not easy: all bytes, quotes, 20 MiB. */
async function fill() {
  await mariadb(
    `INSERT INTO bytes VALUES (1, x'${ALL_BYTES.toString('hex')}'); INSERT INTO texts (body) VALUES ('${TEXT.replaceAll('\\', '\\\\').replaceAll("'", "''")}')`,
  );
}

const TOOLS = {
  'mariadb-client': {
    version: async () => good('mariadb', ['--version']),
    login: () => cipher(PLAIN),
    'login-tls': () => cipher(TLS),
    'login-native': () => cipher(PLAIN, env.DB_USER_NATIVE),
    'login-sha256': () => cipher(TLS, env.DB_USER_SHA256),
    'login-ed25519': () => cipher(PLAIN, env.DB_USER_ED25519),
    'wrong-password': () => refused([...login(env.DB_USER, 'wrong'), ...PLAIN]),
    'unknown-database': () => refused([...login(), ...PLAIN, `${DATABASE}_none`]),
    unicode: async () => {
      await fill();
      const body = (await mariadb('SELECT body FROM texts', [...PLAIN, '--raw'])).trimEnd();
      same(body, TEXT, 'text');
      return body;
    },
    binary: async () => mariadb(`REPLACE INTO bytes VALUES (1, x'${ALL_BYTES.toString('hex')}'); SELECT HEX(body) FROM bytes WHERE id = 1`),
    types: async () =>
      good(
        'mariadb',
        [...login(), ...PLAIN, '--default-character-set=utf8mb4', '--column-type-info', '--binary-as-hex', DATABASE],
        'SELECT * FROM every_type WHERE id = 1',
      ),
    prepared: () =>
      mariadb("PREPARE one FROM 'SELECT name FROM numbers WHERE id = ?'; SET @id = 7; EXECUTE one USING @id; DEALLOCATE PREPARE one"),
    transaction: () =>
      mariadb(
        'BEGIN; UPDATE balances SET balance = 0; ROLLBACK; SELECT * FROM balances; START TRANSACTION; UPDATE balances SET balance = 90 WHERE id = 1; COMMIT; SELECT * FROM balances',
      ),
    'multi-results': () => mariadb("CALL two_results();\nDELIMITER //\nSELECT 1; SELECT 'two'//\nDELIMITER ;\nSELECT 3;"),
    'large-blob': async () => {
      const blob = largeBlob();
      const file = join(scratch, 'blob.sql');
      writeFileSync(file, `INSERT INTO bytes VALUES (20, x'${blob.toString('hex')}');\nSELECT MD5(body) FROM bytes WHERE id = 20;`);
      same((await mariadb(`file:${file}`, [...PLAIN, '--max-allowed-packet=64M'])).trim(), md5(blob), 'checksum of the server');
      const back = await mariadb('SELECT HEX(body) FROM bytes WHERE id = 20', [...PLAIN, '--max-allowed-packet=64M', '--quick']);
      same(md5(Buffer.from(back.trim(), 'hex')), md5(blob), 'checksum of what came back');
      return blob.length;
    },
    'local-infile': () =>
      mariadb(`LOAD DATA LOCAL INFILE '${env.DB_INFILE}' INTO TABLE loaded CHARACTER SET utf8mb4; SELECT COUNT(*), MAX(name) FROM loaded`, [
        ...PLAIN,
        '--local-infile',
      ]),
    cursor: async () => md5(await mariadb('SELECT * FROM numbers ORDER BY id', [...PLAIN, '--quick'])),
    reset: () => mariadb('SET @mine = 1;\nCONNECT\nSELECT @mine;'),
    'kill-query': async () => {
      const sleeping = run(
        'mariadb',
        [...login(), ...PLAIN, '--force', '-N', '-B', DATABASE],
        'INSERT INTO loaded VALUES (9999, CONNECTION_ID()); SELECT id FROM numbers WHERE SLEEP(20) = 0; SELECT 1',
      );
      for (let tries = 0; tries < 50 && (await mariadb('SELECT name FROM loaded WHERE id = 9999')) === ''; tries++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      await new Promise((resolve) => setTimeout(resolve, 300));
      await mariadb(`KILL QUERY ${(await mariadb('SELECT name FROM loaded WHERE id = 9999')).trim()}`);
      const { out, err } = await sleeping;
      return `${err}; then ${out}`;
    },
    reconnect: async () => {
      const { out, err } = await run(
        'mariadb',
        [...login(), ...PLAIN, '--force', '--reconnect', '-N', '-B', DATABASE],
        'SET @mine = 1; KILL CONNECTION_ID(); SELECT 2; SELECT @mine, DATABASE();',
      );
      return `${err.replaceAll(/\d{3,}(?=\n|$)/g, 'N').replaceAll(/Connection id: +\d+/g, 'Connection id: N')} | ${out}`;
    },
    results: async () => {
      const { out, err } = await run(
        'mariadb',
        [...login(), ...PLAIN, '--force', '-vvv', '--show-warnings', '-B', DATABASE],
        "INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1); INSERT INTO counters (name, n) VALUES ('a', 1); SELECT oops(; UPDATE counters SET n = 2; SELECT 1 + 'x'",
      );
      return `${out} ${err}`.replaceAll(/\(?\d+\.\d{3} sec\)?/g, '(time)');
    },
  },
  mysqldump: {
    version: async () => good('mariadb-dump', ['--version']),
    login: () => good('mariadb-dump', [...login(), ...PLAIN, DATABASE, 'balances']).then((text) => text.includes('INSERT INTO `balances`')),
    'login-tls': () =>
      good('mariadb-dump', [...login(), ...TLS, DATABASE, 'balances']).then((text) => text.includes('INSERT INTO `balances`')),
    'wrong-password': async () => (await run('mariadb-dump', [...login(env.DB_USER, 'wrong'), ...PLAIN, DATABASE])).err,
    tool: async () => {
      await fill();
      const options = [
        '--single-transaction',
        '--routines',
        '--hex-blob',
        '--quick',
        '--default-character-set=utf8mb4',
        '--skip-dump-date',
        '--skip-triggers',
      ];
      const file = join(scratch, 'dump.sql');
      const text = await good('mariadb-dump', [...login(), ...PLAIN, ...options, DATABASE]);
      writeFileSync(file, text.replaceAll(/\/\*!50013 DEFINER=.*?\*\/|DEFINER=`[^`]*`@`[^`]*`/g, ''));
      const copy = `${DATABASE}_copy`;
      await mariadb(`DROP DATABASE IF EXISTS ${copy}; CREATE DATABASE ${copy} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
      await good('mariadb', [...login(), ...PLAIN, '--default-character-set=utf8mb4', copy], `file:${file}`);
      const [source, restored] = [await checksums(DATABASE), await checksums(copy)];
      same(restored.replaceAll(copy, DATABASE), source, 'tables and checksums of the copy');
      return source;
    },
    'large-blob': async () => {
      await mariadb("INSERT INTO bytes VALUES (21, REPEAT('0123456789abcdef', 1310720))");
      const text = await good('mariadb-dump', [
        ...login(),
        ...PLAIN,
        '--max-allowed-packet=64M',
        '--skip-dump-date',
        '--no-create-info',
        DATABASE,
        'bytes',
      ]);
      return md5(Buffer.from(text.slice(text.indexOf('INSERT INTO `bytes`'))));
    },
  },
  mysqlbinlog: {
    version: async () => good('mariadb-binlog', ['--version']),
    'wrong-password': async () =>
      (await run('mariadb-binlog', [...login(env.DB_USER, 'wrong'), ...PLAIN, '--read-from-remote-server', 'x.000001'])).err,
    tool: async () => {
      // A file of its own: what other clients wrote is large.
      await mariadb("FLUSH BINARY LOGS; INSERT INTO texts (body) VALUES ('for the binlog')");
      const [file] = (await mariadb('SHOW MASTER STATUS')).split('\t');
      const target = join(scratch, 'events-');
      const remote = [...login(), ...PLAIN, '--read-from-remote-server'];
      await good('mariadb-binlog', [...remote, '--raw', `--result-file=${target}`, file]);
      same(
        readFileSync(target + file)
          .subarray(0, 4)
          .toString('hex'),
        'fe62696e',
        'magic bytes',
      );
      const decoded = await good('mariadb-binlog', [...remote, '--base64-output=decode-rows', '-v', file]);
      same(/INSERT INTO (`?[\w]+`?\.)?`?texts`?/.test(decoded), true, 'the row we wrote is among the events');
      return 'events read';
    },
  },
  mysqlslap: {
    version: async () => good('mariadb-slap', ['--version']),
    login: () => slap(PLAIN),
    'login-tls': () => slap(TLS),
    'wrong-password': async () => (await run('mariadb-slap', [...login(env.DB_USER, 'wrong'), ...PLAIN, '--auto-generate-sql'])).err,
    tool: async () => {
      await good('mariadb-slap', [
        ...login(),
        ...PLAIN,
        `--create-schema=${DATABASE}_slap`,
        '--auto-generate-sql',
        '--auto-generate-sql-load-type=mixed',
        '--concurrency=8',
        '--number-of-queries=400',
        '--commit=5',
      ]);
      return 'done';
    },
  },
  sysbench: {
    version: async () => good('sysbench', ['--version']),
    login: () => sysbench('oltp_read_write', []),
    'login-tls': 'sysbench 1.0 wants certificate files of its own for TLS',
    'login-native': () => sysbench('oltp_read_only', [`--mysql-user=${env.DB_USER_NATIVE}`]),
    'wrong-password': async () => {
      const { code } = await run('sysbench', ['oltp_read_only', ...place(), '--mysql-password=wrong', 'run']);
      return code === 0 ? 'no error came' : 'refused';
    },
    prepared: () => sysbench('oltp_point_select', ['--db-ps-mode=auto']),
    tool: async () => {
      await sysbench('oltp_read_write', ['--threads=4', '--events=400', '--db-ps-mode=disable']);
      return sysbench('oltp_update_index', ['--threads=4', '--events=400']);
    },
  },
};

async function slap(tls) {
  await good('mariadb-slap', [
    ...login(),
    ...tls,
    `--create-schema=${DATABASE}`,
    '--query=SELECT * FROM numbers',
    '--concurrency=2',
    '--iterations=2',
    '--no-drop',
  ]);
  return 'done';
}

function place() {
  return [
    `--mysql-host=${env.DB_HOST}`,
    `--mysql-port=${env.DB_PORT}`,
    `--mysql-user=${env.DB_USER}`,
    `--mysql-db=${DATABASE}`,
    '--db-driver=mysql',
    '--tables=2',
    '--table-size=1000',
    '--time=0',
    '--verbosity=3',
  ];
}

async function sysbench(test, more) {
  const all = [test, ...place(), `--mysql-password=${env.DB_PASSWORD}`, '--events=100', ...more];
  await good('sysbench', [...all, 'cleanup']);
  await good('sysbench', [...all, 'prepare']);
  const said = await good('sysbench', [...all, 'run']);
  const count = Number(/transactions: +(\d+)/.exec(said)?.[1]);
  const errors = Number(/ignored errors: +(\d+)/.exec(said)?.[1]);
  if (!(count >= 100)) throw new Error(`only ${count} transactions`);
  // Deadlocks of its own threads are the test's, and differ from run to run.
  return more.includes('--threads=4') ? 'all run' : `${count} transactions, ${errors} errors`;
}

const { version, ...scenarios } = TOOLS[TOOL];
const said = await version().catch((error) => error.message);
await runScenarios(
  said
    .split('\n')[0]
    .trim()
    .replace(/^\/\S*\//, ''),
  scenarios,
);
