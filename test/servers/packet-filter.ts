import { installPackages } from './debian-packages.js';
import { CommandError, runCommand } from './run-command.js';
import type { Server } from './server.js';
import { onPath } from './server-binary.js';
import { buryLater } from './undertaker.js';

/** A way that swallows packets until `remove` is called or this process ends in whatever way. */
export interface PacketFilter {
  remove(): Promise<void>;
}

/** `all`: nobody reaches the server's port. `proxy`: only who uses its second address (`server.proxyHost`); replicas use the first. */
export type CutWay = 'all' | 'proxy';

function asRoot(words: readonly string[]): readonly string[] {
  return process.getuid?.() === 0 ? words : ['sudo', '-n', '--', ...words];
}

async function iptables(words: readonly string[]): Promise<void> {
  const [command = '', ...args] = asRoot([onPath('iptables') ?? 'iptables', '-w', '20', ...words]);
  await runCommand(command, args);
}

/** Why packets cannot be filtered here (for `t.skip`), or undefined. Installs iptables where it is missing and may be installed. */
export async function packetFilterUnavailable(): Promise<string | undefined> {
  try {
    if (onPath('iptables') === undefined) await installPackages(['iptables'], () => undefined);
    await iptables(['-C', 'INPUT', '-i', 'lo', '-p', 'tcp', '--dport', '1', '-j', 'DROP']);
    return undefined;
  } catch (error) {
    // -C says with 1 that there is no such rule, which is all we want to hear.
    if (error instanceof CommandError && error.exitCode === 1 && !/sudo|permission|not permitted/i.test(error.detail)) return undefined;
    return `packets cannot be filtered here: ${(error as Error).message}`;
  }
}

/** From now on packets to and from the server's port vanish: no refusal, no reset. */
export async function blackHole(server: Server, way: CutWay): Promise<PacketFilter> {
  const address = way === 'proxy' ? server.proxyHost : undefined;
  const port = String(server.port);
  const rules = [
    ['INPUT', '-i', 'lo', '-p', 'tcp', ...(address === undefined ? [] : ['-d', address]), '--dport', port, '-j', 'DROP'],
    ['INPUT', '-i', 'lo', '-p', 'tcp', ...(address === undefined ? [] : ['-s', address]), '--sport', port, '-j', 'DROP'],
  ];
  const spared: (() => void)[] = [];
  const remove = async (): Promise<void> => {
    for (const rule of rules) await iptables(['-D', ...rule]).catch(() => undefined);
    for (const done of spared) done();
  };
  try {
    for (const rule of rules) {
      const command = asRoot([onPath('iptables') ?? 'iptables', '-w', '20', '-D', ...rule]);
      spared.push(buryLater({ kind: 'rule', command }));
      await iptables(['-I', ...rule]);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { remove };
}
