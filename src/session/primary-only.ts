/** So many are remembered; the oldest is forgotten first. */
const MOST = 10_000;

/**
 * Digests of statements that looked like pure reads and that a replica refused as writes (a view over a writing function): from then on
 * they go to the primary at once. One per cluster and process.
 */
export class PrimaryOnly {
  readonly #digests = new Set<string>();

  /** Nothing is remembered, so that no digest is needed. */
  get isEmpty(): boolean {
    return this.#digests.size === 0;
  }

  add(digest: string): void {
    this.#digests.add(digest);
    if (this.#digests.size <= MOST) return;
    for (const oldest of this.#digests) {
      this.#digests.delete(oldest);
      break;
    }
  }

  has(digest: string): boolean {
    return this.#digests.has(digest);
  }
}
