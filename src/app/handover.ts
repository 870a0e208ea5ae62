import { closeSync } from 'node:fs';
import { type Address, formatAddress } from '../config/address.js';

/** Names the listening sockets that a process got from the one it replaces. */
const ENVIRONMENT = 'POINTSMAN_HANDOVER';

/** The first descriptor after standard input, output, error and the channel to the parent. */
const FIRST_FD = 4;

/** What the new process tells the old one. */
export type HandoverMessage = { readonly type: 'ready'; readonly version: string } | { readonly type: 'failed'; readonly message: string };

/** A listening socket under the name of its key or listener. */
export interface PassedSocket {
  readonly name: string;
  /** As configured. */
  readonly address: Address;
  readonly fd: number;
}

/** The environment and the descriptors for a process that is to take over these sockets. */
export function handoverOf(sockets: readonly PassedSocket[]): { readonly env: Record<string, string>; readonly stdio: readonly number[] } {
  const names = sockets.map(({ name, address }, index) => [keyOf(name, address), FIRST_FD + index]);
  return { env: { [ENVIRONMENT]: JSON.stringify(names) }, stdio: sockets.map(({ fd }) => fd) };
}

/** The sockets that this process got from the one it replaces, and the way to tell it how that went. */
export class Handover {
  readonly #sockets: Map<string, number>;
  readonly #send: ((message: HandoverMessage, sent: () => void) => void) | undefined;

  /** @param sockets by `keyOf` */
  constructor(sockets: ReadonlyMap<string, number>, send?: (message: HandoverMessage, sent: () => void) => void) {
    this.#sockets = new Map(sockets);
    this.#send = send;
  }

  /** What the environment says; workers and later processes do not see it any more. */
  static ofProcess(): Handover {
    const text = process.env[ENVIRONMENT];
    delete process.env[ENVIRONMENT];
    if (text === undefined || process.send === undefined) return new Handover(new Map());
    const send = process.send.bind(process);
    return new Handover(new Map(JSON.parse(text) as [string, number][]), (message, sent) => send(message, undefined, undefined, sent));
  }

  /** True: this process replaces another. */
  get expected(): boolean {
    return this.#send !== undefined;
  }

  /** The descriptor of a socket of this name and address, once; undefined: it has to be opened. */
  take(name: string, address: Address): number | undefined {
    const key = keyOf(name, address);
    const fd = this.#sockets.get(key);
    this.#sockets.delete(key);
    return fd;
  }

  /** This process serves: the old one may stop taking clients. What was passed on and is not configured any more is closed here. */
  async ready(version: string): Promise<void> {
    for (const fd of this.#sockets.values()) closeSync(fd);
    this.#sockets.clear();
    await this.#tell({ type: 'ready', version });
  }

  /** This process cannot start, and will end. */
  failed(message: string): Promise<void> {
    return this.#tell({ type: 'failed', message });
  }

  async #tell(message: HandoverMessage): Promise<void> {
    const send = this.#send;
    if (send === undefined || !process.connected) return;
    await new Promise<void>((resolve) => send(message, () => resolve()));
    // Else the channel would keep both alive.
    if (process.connected) process.disconnect();
  }
}

function keyOf(name: string, address: Address): string {
  return `${name} ${formatAddress(address)}`;
}
