import type { GroupMarks } from '../topology/link.js';
import type { PrimaryLook } from '../topology/marks.js';
import { Marks } from '../topology/marks.js';
import type { MarkList } from './mark-rounds.js';

/** The supervisor's answer is waited for this long; without it a read goes to the primary. */
const TIMEOUT_MS = 100;

type Answer = (known: GroupMarks | undefined) => void;

/**
 * A worker's knowledge of what the whole group was told: asked for when a read needs it, so that writes pay nothing. One question at a time:
 * reads that come while one is on its way need an answer to a question asked after they came, and share the next.
 */
export class GroupInquiry {
  readonly #send: (request: number) => void;
  readonly #group: { readonly marks: Marks; notBeforeMs: number } = { marks: new Marks(), notBeforeMs: Number.NEGATIVE_INFINITY };
  #request = 0;
  #asking: Answer[] | undefined;
  #next: Answer[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (request: number) => void) {
    this.#send = send;
  }

  /** @param own what this process told its own clients */
  ask(own: Marks): Promise<GroupMarks | undefined> {
    return new Promise((resolve) => {
      this.#next.push((known) => {
        for (const [stream, last] of own) known?.marks.raise(stream, last, performance.now());
        resolve(known);
      });
      if (this.#asking === undefined) this.#begin();
    });
  }

  /** The supervisor's answer; `marks` undefined: it could not find out. */
  answered(request: number, marks: MarkList | undefined, notBeforeMs: number): void {
    if (request !== this.#request || this.#asking === undefined) return;
    clearTimeout(this.#timer);
    if (marks !== undefined) {
      for (const [stream, last] of marks) this.#group.marks.raise(stream, last, performance.now());
      this.#group.notBeforeMs = notBeforeMs;
    }
    this.#end(marks === undefined ? undefined : this.#group);
  }

  /** What the primary does not have any more is lost for all. */
  cut(primary: PrimaryLook): void {
    this.#group.marks.cut(primary);
  }

  #begin(): void {
    this.#asking = this.#next;
    this.#next = [];
    this.#request += 1;
    this.#timer = setTimeout(() => this.#end(undefined), TIMEOUT_MS);
    this.#send(this.#request);
  }

  #end(known: GroupMarks | undefined): void {
    const answers = this.#asking ?? [];
    this.#asking = undefined;
    if (this.#next.length > 0) this.#begin();
    for (const answer of answers) answer(known);
  }
}
