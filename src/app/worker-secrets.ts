import type { Credential, Secret } from '../protocol/auth/secret.js';
import type { SecretSource } from '../session/secret-source.js';
import type { ToSupervisor } from './messages.js';

/** Supervisor and worker live on one machine; the supervisor itself may wait for a server. */
const ANSWER_TIMEOUT_MS = 5_000;

/** A worker's way to one cluster's `SecretBook`, which only the supervisor has: what was learnt outlives a worker. */
export class WorkerSecrets implements SecretSource {
  readonly #cluster: string;
  readonly #send: (message: ToSupervisor) => void;
  readonly #waiting = new Map<number, (secrets: readonly Secret[]) => void>();
  #request = 0;

  constructor(cluster: string, send: (message: ToSupervisor) => void) {
    this.#cluster = cluster;
    this.#send = send;
  }

  find(user: string, from: 'group' | 'servers'): Promise<readonly Secret[]> {
    this.#request += 1;
    const request = this.#request;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.found(request, []), ANSWER_TIMEOUT_MS);
      this.#waiting.set(request, (secrets) => {
        clearTimeout(timer);
        resolve(secrets);
      });
      this.#send({ type: 'find-secrets', cluster: this.#cluster, request, user, from });
    });
  }

  /** The supervisor's answer. Buffers come as plain bytes. */
  found(request: number, secrets: readonly Secret[]): void {
    const resolve = this.#waiting.get(request);
    this.#waiting.delete(request);
    resolve?.(secrets.map((secret) => (secret.kind === 'native-hash' ? { ...secret, stage2: Buffer.from(secret.stage2) } : secret)));
  }

  proven(user: string, credential: Credential): void {
    this.#send({ type: 'login-proven', cluster: this.#cluster, user, credential });
  }

  refused(user: string): void {
    this.#send({ type: 'login-refused', cluster: this.#cluster, user });
  }
}
