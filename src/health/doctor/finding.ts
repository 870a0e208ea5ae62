/** `problem`: something that is configured will not work. `warning`: it works, but not always. `fine`: a fact worth seeing. */
export type Severity = 'problem' | 'warning' | 'fine';

/** One thing the doctor found. */
export interface Finding {
  /** A backend, a witness, or `coordinator`. */
  readonly about: string;
  readonly severity: Severity;
  /** One sentence. */
  readonly text: string;
  /** SQL, or a setting, that mends it. */
  readonly fix?: string;
}
