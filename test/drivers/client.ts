/** A client of the matrix: where its program lies, how it is installed and run. */
export interface Client {
  readonly name: string;
  readonly language: string;
  readonly kind: 'driver' | 'orm' | 'tool';
  /** Folder under `clients/`, copied to the cache. Default: the name. */
  readonly folder?: string;
  /** Files under `clients/shared/` that are copied beside it. */
  readonly shared?: readonly string[];
  /** Packages of Debian that must be there. */
  readonly debian?: readonly string[];
  /** Commands run once in the copy, as long as the files named in `manifest` (default: all) do not change. */
  readonly install: readonly (readonly string[])[];
  readonly manifest?: readonly string[];
  /** The command that runs the program, in the copy. */
  readonly run: readonly string[];
  /** Runs in CI as well. */
  readonly core?: true;
  /** For one program that serves several drivers. */
  readonly env?: Readonly<Record<string, string>>;
}
