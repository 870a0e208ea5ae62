import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installPackages } from './debian-packages.js';
import { FLAVORS, type Flavor } from './flavor.js';
import { downloadedMysqlHome, downloadMysql } from './mysql-download.js';
import { runCommand } from './run-command.js';

export type BinarySource = 'path' | 'docker' | 'debian' | 'maven';

/** A database server program that this machine can run. */
export interface ServerBinary {
  readonly flavor: Flavor;
  readonly source: BinarySource;
  /** As the program prints it, without what follows the number: `8.0.15`, `10.11.19`. */
  readonly version: string;
  /** Path of the program, inside the image for `docker`. */
  readonly program: string;
  readonly image: string | undefined;
  /** What every start needs because of where the program lies. */
  readonly ownArgs: readonly string[];
}

/** This machine has no such server and could not get one; `message` says why. A suite that needs it is skipped with that reason. */
export class ServerUnavailable extends Error {
  readonly code = 'PM_TEST_SERVER_UNAVAILABLE';
}

export const IMAGES: Readonly<Record<Flavor, string>> = { mysql: 'mysql:8.0', mariadb: 'mariadb:10.11' };
const SUPPORTED: Readonly<Record<Flavor, RegExp>> = { mysql: /^8\.[04]\./, mariadb: /^(10\.([5-9]|1\d)|1[1-9])\./ };
const PROGRAMS: Readonly<Record<Flavor, readonly string[]>> = { mysql: ['mysqld'], mariadb: ['mariadbd', 'mysqld'] };

/** The program on PATH; Debian keeps servers in sbin folders, which an ordinary user's PATH lacks. */
export function onPath(name: string): string | undefined {
  const { PATH = '' } = process.env;
  const folders = [...PATH.split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not ours to run
    }
  }
  return undefined;
}

/** `mysqld  Ver 8.0.15 for Linux ...`, `mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for ...` */
function readVersion(text: string, flavor: Flavor): string | undefined {
  const version = /Ver (\d+\.\d+\.\d+)/.exec(text)?.[1];
  const isMariadb = /mariadb/i.test(text.slice(text.indexOf('Ver')));
  return version !== undefined && isMariadb === (flavor === 'mariadb') && SUPPORTED[flavor].test(version) ? version : undefined;
}

async function fromPath(flavor: Flavor, source: BinarySource = 'path'): Promise<ServerBinary | undefined> {
  for (const name of PROGRAMS[flavor]) {
    const program = onPath(name);
    if (program === undefined) continue;
    if (flavor === 'mariadb' && onPath('mariadb-install-db') === undefined) continue;
    const version = readVersion(await runCommand(program, ['--no-defaults', '--version']).catch(() => ''), flavor);
    if (version !== undefined) return { flavor, source, version, program, image: undefined, ownArgs: ['--no-defaults'] };
  }
  return undefined;
}

async function fromDownload(home: string): Promise<ServerBinary | undefined> {
  const program = join(home, 'bin', 'mysqld');
  if (!existsSync(program)) return undefined;
  const version = readVersion(await runCommand(program, ['--no-defaults', '--version']).catch(() => ''), 'mysql');
  if (version === undefined) return undefined;
  const share = join(home, 'share');
  const ownArgs = ['--no-defaults', `--lc-messages-dir=${share}`, `--character-sets-dir=${join(share, 'charsets')}`];
  return { flavor: 'mysql', source: 'maven', version, program, image: undefined, ownArgs };
}

/** Why containers cannot be used, or undefined when an engine answers and holds the image. Nothing is pulled. */
export async function dockerLacks(image: string): Promise<string | undefined> {
  try {
    await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 10_000 });
  } catch {
    return 'no Docker engine answers';
  }
  try {
    await runCommand('docker', ['image', 'inspect', image], { timeoutMs: 10_000 });
    return undefined;
  } catch {
    return `the Docker engine has no image ${image}`;
  }
}

async function fromDocker(flavor: Flavor): Promise<ServerBinary | undefined> {
  const image = IMAGES[flavor];
  if ((await dockerLacks(image)) !== undefined) return undefined;
  for (const program of PROGRAMS[flavor]) {
    const text = await runCommand('docker', ['run', '--rm', '--entrypoint', program, image, '--version']).catch(() => '');
    const version = readVersion(text, flavor);
    // The image's own option files say where its messages lie, so they are read; our flags come after them and win.
    if (version !== undefined) return { flavor, source: 'docker', version, program, image, ownArgs: [] };
  }
  return undefined;
}

async function fromDebian(progress: (text: string) => void): Promise<ServerBinary | undefined> {
  await installPackages(['mariadb-server-core', 'mariadb-client-core'], progress);
  return fromPath('mariadb', 'debian');
}

async function fromMaven(progress: (text: string) => void): Promise<ServerBinary | undefined> {
  const home = await downloadMysql(progress);
  const first = await fromDownload(home);
  if (first !== undefined) return first;
  await installPackages(['libaio1', 'libnuma1'], progress);
  const second = await fromDownload(home);
  if (second === undefined) throw new Error(`${home}/bin/mysqld does not run here`);
  return second;
}

async function find(flavor: Flavor, progress: (text: string) => void): Promise<ServerBinary> {
  // What an earlier search in a parent process found out, so that it is neither repeated nor answered in another way.
  const known = process.env[`POINTSMAN_TEST_NO_${flavor.toUpperCase()}`];
  if (known !== undefined && known !== '') throw new ServerUnavailable(known);
  const { POINTSMAN_TEST_SERVERS: wanted } = process.env; // path, docker or packages: only that source
  const may = (source: string): boolean => wanted === undefined || wanted === '' || wanted === source;
  const reasons: string[] = [];
  const ways: [string, () => Promise<ServerBinary | undefined>][] = [
    ['path', () => fromPath(flavor)],
    // What was downloaded in an earlier run is as good as a program on PATH.
    ['packages', async () => (flavor === 'mysql' ? fromDownload(downloadedMysqlHome()) : undefined)],
    ['docker', () => fromDocker(flavor)],
    ['packages', () => (flavor === 'mysql' ? fromMaven(progress) : fromDebian(progress))],
  ];
  for (const [source, way] of ways) {
    if (!may(source)) continue;
    try {
      const found = await way();
      if (found !== undefined) return found;
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  const what = `no ${flavor === 'mysql' ? 'MySQL 8.0' : 'MariaDB'} server`;
  throw new ServerUnavailable(`${what}: ${reasons.length > 0 ? reasons.join('; ') : 'none on PATH, no Docker engine with its image'}`);
}

const found = new Map<Flavor, Promise<ServerBinary>>();

/**
 * Finds or gets a server program: PATH, then a Docker engine that holds the image, then Debian's packages (MariaDB) or Maven's
 * (MySQL 8.0.15). `progress` is told what takes long. Fails with ServerUnavailable.
 */
export function findServerBinary(flavor: Flavor, progress: (text: string) => void = () => undefined): Promise<ServerBinary> {
  let one = found.get(flavor);
  if (one === undefined) {
    one = find(flavor, progress);
    found.set(flavor, one);
  }
  return one;
}

/** Why there is no such server here (for `t.skip`), or undefined when there is one. */
export async function serverUnavailable(flavor: Flavor): Promise<string | undefined> {
  try {
    await findServerBinary(flavor);
    return undefined;
  } catch (error) {
    if (error instanceof ServerUnavailable) return error.message;
    throw error;
  }
}

/** The flavors that can be had here, MySQL first. */
export async function availableFlavors(): Promise<Flavor[]> {
  const reasons = await Promise.all(FLAVORS.map(serverUnavailable));
  return FLAVORS.filter((_, i) => reasons[i] === undefined);
}

/** True when `version` (`8.0.15`) is `major.minor` or newer. */
export function versionAtLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
