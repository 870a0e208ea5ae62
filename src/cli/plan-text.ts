/** The steps of a plan, one a line, with the SQL of each below it. */
export function planText(plan: readonly object[]): string {
  return plan
    .map((step) => {
      const { phase = '', backend, what = '', sql } = step as { phase?: string; backend?: string; what?: string; sql?: string };
      const at = backend === undefined ? '' : `${backend}: `;
      return `  ${phase.padEnd(9)}  ${at}${what}\n${sql === undefined ? '' : `             ${sql}\n`}`;
    })
    .join('');
}
