/** What a process told its clients is committed: the highest number of each stream. */
export type MarkList = readonly (readonly [stream: string, last: number])[];

interface Round {
  left: number;
  readonly marks: Map<string, number>;
  readonly done: (marks: MarkList | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

/** A worker that does not say what it knows in this time may have hung; then nobody knows what the group was told. */
const ANSWER_TIMEOUT_MS = 80;

/** Asks several workers what their clients were told, and joins the answers. */
export class MarkRounds {
  readonly #rounds = new Map<number, Round>();
  #request = 0;

  /** @param asked sends the question to one worker each; undefined: not all of them answered in time */
  ask(asked: readonly ((request: number) => void)[]): Promise<MarkList | undefined> {
    if (asked.length === 0) return Promise.resolve([]);
    this.#request += 1;
    const request = this.#request;
    return new Promise((resolve) => {
      const done = (marks: MarkList | undefined) => {
        this.#rounds.delete(request);
        resolve(marks);
      };
      const timer = setTimeout(() => done(undefined), ANSWER_TIMEOUT_MS);
      this.#rounds.set(request, { left: asked.length, marks: new Map(), done, timer });
      for (const ask of asked) ask(request);
    });
  }

  answered(request: number, marks: MarkList): void {
    const round = this.#rounds.get(request);
    if (round === undefined) return;
    for (const [stream, last] of marks) if ((round.marks.get(stream) ?? 0) < last) round.marks.set(stream, last);
    round.left -= 1;
    if (round.left > 0) return;
    clearTimeout(round.timer);
    round.done([...round.marks]);
  }
}
