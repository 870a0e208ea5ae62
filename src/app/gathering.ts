/** A worker that does not answer in this time is left out. */
const ANSWER_TIMEOUT_MS = 2_000;

interface Round<T> {
  left: number;
  readonly answers: T[];
  readonly done: () => void;
}

/** Asks several workers the same and gathers the answers of those that give one in time. */
export class Gathering<T> {
  readonly #rounds = new Map<number, Round<T>>();
  #request = 0;

  /** @param asked sends the question to one worker each */
  ask(asked: readonly ((request: number) => void)[]): Promise<readonly T[]> {
    if (asked.length === 0) return Promise.resolve([]);
    this.#request += 1;
    const request = this.#request;
    return new Promise((resolve) => {
      const answers: T[] = [];
      const done = () => {
        clearTimeout(timer);
        this.#rounds.delete(request);
        resolve(answers);
      };
      const timer = setTimeout(done, ANSWER_TIMEOUT_MS);
      this.#rounds.set(request, { left: asked.length, answers, done });
      for (const ask of asked) ask(request);
    });
  }

  answered(request: number, answer: T): void {
    const round = this.#rounds.get(request);
    if (round === undefined) return;
    round.answers.push(answer);
    round.left -= 1;
    if (round.left === 0) round.done();
  }
}
