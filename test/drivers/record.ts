import type { Client } from './client.js';
import type { Comparison, Verdict } from './compare.js';
import type { ClientRun } from './run-matrix.js';

/** One client on one server, as it is written to test/results/drivers.json. */
export interface MatrixEntry {
  readonly client: string;
  readonly language: string;
  readonly kind: Client['kind'];
  readonly flavor: string;
  readonly version: string;
  /** Why the client could not be had; then it did nothing. */
  readonly missing?: string;
  readonly counts: Readonly<Partial<Record<Verdict, number>>>;
  /** All that is not a plain pass, with what was said both ways. */
  readonly remarks: readonly { scenario: string; verdict: Verdict; direct: string; proxy: string }[];
}

export interface MatrixRecord {
  readonly servers: Readonly<Record<string, string>>;
  readonly scenarios: readonly { name: string; expects: string }[];
  readonly entries: readonly MatrixEntry[];
}

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

function remark({ scenario, verdict, direct, proxy }: Comparison): MatrixEntry['remarks'][number] {
  return { scenario, verdict, direct: short(direct.detail), proxy: short(proxy.detail) };
}

export function summarise(client: Client, flavor: string, run: ClientRun | { missing: string }): MatrixEntry {
  const { name, language, kind } = client;
  const common = { client: name, language, kind, flavor };
  if ('missing' in run) return { ...common, version: '', missing: run.missing, counts: {}, remarks: [] };
  const counts: Partial<Record<Verdict, number>> = {};
  for (const { verdict } of run.comparisons) counts[verdict] = (counts[verdict] ?? 0) + 1;
  const remarks = run.comparisons.filter(({ verdict }) => verdict !== 'pass').map(remark);
  return { ...common, version: run.version, counts, remarks };
}
