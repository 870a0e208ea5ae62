import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountStatements } from './accounts.js';
import { cacheFolder, withLock } from './cache-folder.js';
import { runCommand } from './run-command.js';
import { onPath, type ServerBinary } from './server-binary.js';
import { commonArgs, serverCommand } from './server-command.js';

async function initialiseMysql(binary: ServerBinary, folder: string, data: string, sql: string): Promise<void> {
  const file = join(folder, 'init.sql');
  await writeFile(file, sql);
  const args = [...commonArgs(binary), '--initialize-insecure', '--skip-log-bin', `--datadir=${data}`, `--init-file=${file}`];
  const name = `pointsman-template-${process.pid}`;
  const start = serverCommand(binary, args, { name, folder });
  await runCommand(start.command, start.args, { cwd: folder });
  // It holds the server's uuid, which must differ between servers.
  await rm(join(data, 'auto.cnf'), { force: true });
}

async function initialiseMariadb(binary: ServerBinary, folder: string, data: string, sql: string): Promise<void> {
  const own = [...binary.ownArgs, ...(process.getuid?.() === 0 ? ['--user=root'] : [])];
  // `normal`: root gets an account without a password, reached over the socket by any user of this machine.
  const install = [...own, `--datadir=${data}`, '--skip-test-db', '--auth-root-authentication-method=normal'];
  install.push('--innodb-log-file-size=4M', '--skip-log-bin');
  const container = { name: `pointsman-template-${process.pid}`, folder };
  const program = binary.image === undefined ? (onPath('mariadb-install-db') ?? 'mariadb-install-db') : 'mariadb-install-db';
  const first = serverCommand(binary, install, container, program);
  await runCommand(first.command, first.args, { cwd: folder });
  const bootstrap = [...commonArgs(binary), '--bootstrap', `--datadir=${data}`, '--skip-log-bin'];
  const second = serverCommand(binary, bootstrap, container);
  await runCommand(second.command, second.args, { cwd: folder, input: `USE mysql;\nFLUSH PRIVILEGES;\n${sql}` });
}

/** Templates of older accounts or flags; another clone may still use one, so it must have lain for a week. */
async function removeUnused(prefix: string): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const path = join(cacheFolder(), name);
    if (name.startsWith(prefix) && Date.now() - (await stat(path)).mtimeMs > 7 * 86_400_000)
      await rm(path, { recursive: true, force: true });
  }
}

/**
 * An initialised data folder with the accounts in it, made once per version of server and accounts (3 to 7 s), to be copied.
 * Gives its path.
 */
export async function dataTemplate(binary: ServerBinary, progress: (text: string) => void = () => undefined): Promise<string> {
  const sql = `${accountStatements(binary.flavor).join('\n')}\n`;
  const salt = `v1 ${binary.source} ${process.getuid?.() ?? 0} ${commonArgs(binary).join(' ')} ${sql}`;
  const hash = createHash('sha256').update(salt).digest('hex').slice(0, 10);
  const prefix = `template-${binary.flavor}-${binary.version}-`;
  const template = join(cacheFolder(), prefix + hash);
  if (existsSync(template)) {
    const now = new Date();
    await utimes(template, now, now).catch(() => undefined); // still in use
    return template;
  }
  return withLock('template', async () => {
    if (existsSync(template)) return template;
    progress(`initialising a data folder for ${binary.flavor} ${binary.version}`);
    const folder = await mkdtemp(join(cacheFolder(), '.template.'));
    try {
      const data = join(folder, 'data');
      await mkdir(data);
      if (binary.flavor === 'mysql') await initialiseMysql(binary, folder, data, sql);
      else await initialiseMariadb(binary, folder, data, sql);
      await removeUnused(prefix);
      await rename(data, template);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return template;
  });
}
