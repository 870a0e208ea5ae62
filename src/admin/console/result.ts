/** A value in a table of the console. */
export type Value = string | number | null;

/** What a statement answers with. */
export interface ResultTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** Nothing to show: it is done. */
export interface Done {
  readonly info: string;
}

export type Result = ResultTable | Done;
