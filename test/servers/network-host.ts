import { installPackages } from './debian-packages.js';
import { runAsRoot, runCommand } from './run-command.js';
import { onPath } from './server-binary.js';
import { buryLater } from './undertaker.js';

/** Of 198.18.0.0/15, which is kept for tests of networks (RFC 2544). */
function freshNetwork(): string {
  return `198.18.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 64) * 4}`;
}

/** Why there can be no network namespaces here (for `t.skip`), or undefined. */
export async function networkHostUnavailable(): Promise<string | undefined> {
  try {
    if (process.getuid?.() !== 0) return 'network namespaces need root';
    const missing = ['iptables', 'ip'].filter((name) => onPath(name) === undefined);
    if (missing.length > 0) await installPackages(['iptables', 'iproute2'], () => undefined);
    const host = await NetworkHost.make();
    await host.remove();
    return undefined;
  } catch (error) {
    return `there can be no network namespaces here: ${(error as Error).message}`;
  }
}

/** A host of its own for a process: a network namespace with a cable to this machine, whose servers it reaches at `gateway`. */
export class NetworkHost {
  readonly name: string;
  /** This machine, seen from there. */
  readonly gateway: string;
  readonly #spared: () => void;

  private constructor(name: string, gateway: string, spared: () => void) {
    this.name = name;
    this.gateway = gateway;
    this.#spared = spared;
  }

  static async make(): Promise<NetworkHost> {
    // Names of network interfaces have at most 15 characters.
    const mark = Math.random().toString(36).slice(2, 8);
    const name = `pm-${mark}`;
    const network = freshNetwork().split('.');
    const address = (last: number) => [...network.slice(0, 3), Number(network[3]) + last].join('.');
    await runAsRoot('ip', ['netns', 'add', name]);
    const spared = buryLater({ kind: 'rule', command: ['ip', 'netns', 'del', name] });
    const host = new NetworkHost(name, address(1), spared);
    try {
      await runAsRoot('ip', ['link', 'add', `${name}-a`, 'type', 'veth', 'peer', 'name', `${name}-b`, 'netns', name]);
      await runAsRoot('ip', ['addr', 'add', `${address(1)}/30`, 'dev', `${name}-a`]);
      await runAsRoot('ip', ['link', 'set', `${name}-a`, 'up']);
      await runAsRoot('ip', ['-n', name, 'addr', 'add', `${address(2)}/30`, 'dev', `${name}-b`]);
      for (const device of ['lo', `${name}-b`]) await runAsRoot('ip', ['-n', name, 'link', 'set', device, 'up']);
    } catch (error) {
      await host.remove();
      throw error;
    }
    return host;
  }

  /** The words that run a command there; its process is the command itself. */
  command(words: readonly string[]): readonly string[] {
    return ['ip', 'netns', 'exec', this.name, ...words];
  }

  /** From now on packets between there and these ports of this machine vanish: no refusal, no reset. */
  async cutFrom(ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      await this.#iptables(['-I', 'OUTPUT', '-p', 'tcp', '--dport', String(port), '-j', 'DROP']);
      await this.#iptables(['-I', 'INPUT', '-p', 'tcp', '--sport', String(port), '-j', 'DROP']);
    }
  }

  /** All ways are open again. */
  async heal(): Promise<void> {
    for (const chain of ['INPUT', 'OUTPUT']) await this.#iptables(['-F', chain]);
  }

  async remove(): Promise<void> {
    await runCommand('ip', ['netns', 'del', this.name]).catch(() => undefined);
    this.#spared();
  }

  async #iptables(words: readonly string[]): Promise<void> {
    const [command = '', ...args] = this.command(['iptables', '-w', '20', ...words]);
    await runAsRoot(command, args);
  }
}
