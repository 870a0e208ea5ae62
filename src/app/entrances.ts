import type { Socket } from 'node:net';
import type { ListenerConfig } from '../config/config.js';
import { Listener } from '../net/listener.js';
import type { Log } from '../telemetry/log-types.js';
import type { ListenAddress } from './messages.js';

/** What the entrances are made of. */
export interface EntranceParts {
  readonly listeners: readonly ListenerConfig[];
  /** A descriptor of this listener that another process has passed on. */
  readonly inherited: (listener: ListenerConfig) => number | undefined;
  /** Accepted sockets go to another process and are not read here. */
  readonly paused: boolean;
  readonly enter: (listener: string, socket: Socket) => void;
  readonly log: Log;
}

/** The listening sockets of the process group. Only the supervisor has them: they outlive workers, and are passed on at an upgrade. */
export class Entrances {
  readonly #parts: EntranceParts;
  readonly #open: { readonly config: ListenerConfig; readonly listener: Listener }[] = [];

  constructor(parts: EntranceParts) {
    this.#parts = parts;
  }

  /** Opens all. @throws ListenError at the first that cannot be opened, after closing the others */
  async open(): Promise<readonly ListenAddress[]> {
    const { listeners, inherited, paused, enter, log } = this.#parts;
    try {
      for (const config of listeners) {
        const { name, address } = config;
        const listener = new Listener({
          name,
          address,
          paused,
          fd: inherited(config),
          onSocket: (socket) => enter(name, socket),
          onError: (error) => log.error({ listener: name, error: error.message }, 'a connection could not be accepted'),
        });
        await listener.open();
        this.#open.push({ config, listener });
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return this.#open.map(({ config: { name, route, cluster }, listener }) => ({ name, route, cluster, address: listener.address }));
  }

  /** Descriptors, by the listeners they are of. */
  get descriptors(): readonly { readonly config: ListenerConfig; readonly fd: number }[] {
    return this.#open.flatMap(({ config, listener: { fd } }) => (fd === undefined ? [] : [{ config, fd }]));
  }

  /** Accepts nobody any more. @param passedOn another process does */
  async close(passedOn = false): Promise<void> {
    await Promise.all(this.#open.splice(0).map(({ listener }) => listener.close(passedOn)));
  }
}
