/** A pattern that cannot be used; `position` counts its characters from 1. */
export class PatternError extends Error {
  readonly code = 'PM_ROUTING_PATTERN';
  readonly position: number;

  constructor(position: number, what: string) {
    super(`at character ${position}: ${what}`);
    this.name = 'PatternError';
    this.position = position;
  }
}
