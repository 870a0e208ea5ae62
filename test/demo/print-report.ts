import type { RunReport } from './scenario.js';

const ms = (value: number | undefined): string => (value === undefined ? '-' : `${Math.round(value)} ms`);

function examples(list: readonly string[]): string {
  return list.length === 0 ? '' : `   ${list.slice(0, 3).join(' | ')}${list.length > 3 ? ' | ...' : ''}`;
}

/** The table that ends a run. */
export function printReport(report: RunReport): string {
  const { comparison: c } = report;
  const rows: [string, string][] = [
    ['connections cut', `${report.connectionsCut}${examples(report.cuts)}`],
    ['acknowledged writes', `${c.acknowledged}   (${Math.round(report.writesPerSecondBefore)}/s before the fault)`],
    ['  lost, had been replicated', `${c.missingReplicated.length}${examples(c.missingReplicated)}`],
    ['  lost, had not been replicated', `${c.missingNotReplicated.length}${examples(c.missingNotReplicated)}`],
    ['  lost, GTID not known', `${c.missingWithoutGtid.length}${examples(c.missingWithoutGtid)}`],
    ['writes done twice', `${c.twice.length}${examples(c.twice)}`],
    ['writes half done', `${c.halfDone.length}${examples(c.halfDone)}`],
    ['done though answered "not done"', `${c.doneThoughRefused.length}${examples(c.doneThoughRefused)}`],
    ['outcome unknown to the client', `${c.unknown}   (${c.unknownDone} of them done)`],
    ['reads', `${report.reads}, wrong answers ${report.wrongAnswers.length}${examples(report.wrongAnswers)}`],
  ];
  const errors = Object.entries(report.errors);
  if (errors.length === 0) rows.push(['errors', 'none']);
  for (const [code, { count, message }] of errors) rows.push([`error ${code}`, `${count}   ${message.slice(0, 150)}`]);
  rows.push(['longest write gap', ms(report.longestWriteGapMs)], ['writes again after the fault', ms(report.writesAgainAfterMs)]);
  if (report.mode === 'follow') rows.push(['  after the new primary was writable', ms(report.writesAgainAfterWritableMs)]);
  const { primary, replica, both } = report.longestReadGapMs;
  rows.push(
    ['longest read gap', `${ms(both)}   (primary listener ${ms(primary)}, replica listener ${ms(replica)})`],
    ['bare servers, promoted by hand', ms(report.barePromotionMs)],
    ['load average', report.loadAverage.toFixed(2)],
    [
      'new primary',
      `${c.newPrimary}   followed by ${c.followers.join(', ') || 'nobody'}${c.notFollowing.length > 0 ? `, not by ${c.notFollowing.join(', ')}` : ''}`,
    ],
  );
  const head = `${report.flavor} ${report.version}, ${report.fault}, ${report.mode} mode, ${report.clients} clients`;
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const verdict = report.failed.length === 0 ? 'well' : `FAILED\n${report.failed.map((one) => `    ${one}`).join('\n')}`;
  return `\n${head}\n${rows.map(([name, value]) => `  ${name.padEnd(width)}${value}`).join('\n')}\n  ${'verdict'.padEnd(width)}${verdict}\n`;
}

function medianAndWorst(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known.length === 0 ? '-' : `${ms(known[Math.floor((known.length - 1) / 2)])} / ${ms(known.at(-1))}`;
}

/** What several runs have in common: median and worst. */
export function printSummary(reports: readonly RunReport[], broken: number): string {
  const of = (pick: (report: RunReport) => number | undefined): string => medianAndWorst(reports.map(pick));
  const well = reports.filter((report) => report.failed.length === 0).length;
  const rows: [string, string][] = [
    ['runs', `${reports.length + broken}, well ${well}`],
    ['longest write gap', of((r) => r.longestWriteGapMs)],
    ['writes again after the fault', of((r) => r.writesAgainAfterMs)],
    ['  after the new primary was writable', of((r) => r.writesAgainAfterWritableMs)],
    ['longest read gap, primary listener', of((r) => r.longestReadGapMs.primary)],
    ['longest read gap, replica listener', of((r) => r.longestReadGapMs.replica)],
    ['bare servers, promoted by hand', of((r) => r.barePromotionMs)],
    ['load average', `up to ${Math.max(0, ...reports.map((r) => r.loadAverage)).toFixed(2)}`],
    ['acknowledged writes', String(reports.reduce((sum, r) => sum + r.comparison.acknowledged, 0))],
    ['  lost, had not been replicated', String(reports.reduce((sum, r) => sum + r.comparison.missingNotReplicated.length, 0))],
  ];
  return `\nall runs, median / worst\n${rows.map(([name, value]) => `  ${name.padEnd(40)}${value}`).join('\n')}\n`;
}
