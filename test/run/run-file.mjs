/** Runs one compiled test file in a process of its own and counts what tap says, down to the single assertion. */
import { fileURLToPath } from 'node:url';
import { Parser } from 'tap-parser';
import { run } from './set-up.mjs';

const END = fileURLToPath(new URL('./end-at-once.mjs', import.meta.url));

/**
 * @typedef {{ file: string, passed: number, failed: number, skipped: number, seconds: number,
 *             failures: { name: string, detail: string }[], skips: { name: string, reason: string }[] }} FileResult
 */

/** What tap tells about a failed assertion, as indented lines. */
function describeDiagnosis(diag) {
  if (diag === null || diag === undefined) return '';
  const lines = [];
  for (const [key, value] of Object.entries(diag)) {
    if (key === 'at' || key === 'compare') continue;
    const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value);
    lines.push(text.includes('\n') ? `${key}:\n${text.replaceAll(/^/gm, '  ')}` : `${key}: ${text}`);
  }
  const at = diag.at?.fileName ? `at: ${diag.at.fileName}:${diag.at.lineNumber}\n` : '';
  return at + lines.join('\n');
}

function watch(parser, path, result) {
  let failuresBeforeChild = 0;
  let lastChild;
  parser.on('child', (child) => {
    failuresBeforeChild = result.failures.length;
    lastChild = child;
    watch(child, child.name ? [...path, child.name] : path, result);
  });
  parser.on('assert', (point) => {
    const name = [...path, point.name].filter(Boolean).join(' > ') || '(unnamed)';
    // A subtest without assertions asserts by not throwing (fc.assert): then its closing line is what counts.
    if (point.closingTestPoint && lastChild.count > 0) {
      // The line that sums a subtest up counts only where the subtest failed as a whole (time-out, wrong plan).
      if (!point.ok && !point.todo && result.failures.length === failuresBeforeChild) {
        result.failed += 1;
        result.failures.push({ name, detail: describeDiagnosis(point.diag) });
      }
      return;
    }
    if (point.skip || point.todo) {
      const reason = point.skip || point.todo;
      result.skipped += 1;
      result.skips.push({ name, reason: typeof reason === 'string' ? reason : '' });
    } else if (point.ok) result.passed += 1;
    else {
      result.failed += 1;
      result.failures.push({ name, detail: describeDiagnosis(point.diag) });
    }
  });
  parser.on('plan', (plan) => {
    // 'no tests found' is the parser's word for a file that said nothing at all.
    if (plan.end !== 0 || path.length > 0 || plan.comment === 'no tests found') return;
    result.skipped += 1;
    result.skips.push({ name: '(whole file)', reason: plan.comment });
  });
}

/**
 * @param {string} file path of the compiled test
 * @param {string} name as shown
 * @param {{ timeoutSeconds: number, env: Record<string, string> }} options
 * @returns {Promise<FileResult>}
 */
export async function runFile(file, name, options) {
  const result = { file: name, passed: 0, failed: 0, skipped: 0, seconds: 0, failures: [], skips: [] };
  const parser = new Parser();
  watch(parser, [], result);
  const started = performance.now();
  const ended = new Promise((done) => parser.on('complete', done));
  const env = { TAP_TIMEOUT: String(options.timeoutSeconds), ...options.env };
  const child = await run(process.execPath, ['--enable-source-maps', '--import', END, file], {
    env,
    timeoutMs: (options.timeoutSeconds + 20) * 1000,
    onStdout: (chunk) => parser.write(chunk),
  });
  parser.end();
  await ended;
  result.seconds = (performance.now() - started) / 1000;
  const nothing = result.passed + result.failed + result.skipped === 0;
  if (child.timedOut || child.signal !== null || nothing || (child.code !== 0 && result.failed === 0)) {
    const what = child.timedOut
      ? 'did not end in time'
      : nothing && child.code === 0
        ? 'ran no test'
        : `ended with ${child.signal ?? `exit code ${child.code}`}`;
    result.failed += 1;
    result.failures.push({ name: `the file ${what}`, detail: child.output.split('\n').slice(-200).join('\n') });
  } else if (result.failed > 0) {
    const said = child.output
      .split('\n')
      .filter((line) => !/^\s*(ok \d|not ok|# |\d+\.\.\d|---|\.\.\.|TAP version|$)/.test(line) && !/^ {2,}\S/.test(line));
    if (said.length > 0) result.failures.push({ name: 'it also said', detail: said.slice(-100).join('\n') });
  }
  return result;
}
