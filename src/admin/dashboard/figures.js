import { byId, h, keyed, setAttribute, setText } from './dom.js';
import { count, duration, msPair, ratePair } from './format.js';

/** What the strip at the top shows: label, number, unit, note, and whether it asks for attention. */
function figuresOf(status) {
  const { traffic, clients, heldStatements } = status;
  const { now, totals } = traffic;
  const rate = now === null ? null : now.primaryPerSecond + now.replicaPerSecond;
  const [rateValue, rateUnit] = ratePair(rate);
  const [p95, p95Unit] = msPair(now?.p95Ms);
  const [p99, p99Unit] = msPair(now?.p99Ms);
  const [errors, errorUnit] = ratePair(now?.errorsPerSecond);
  const all = clients.active + clients.idle + clients.held;
  return [
    { label: 'Statements', value: rateValue, unit: rateUnit, note: `${count(totals?.statements)} since the start` },
    { label: 'Latency p95', value: p95, unit: p95Unit, note: `p99 ${p99} ${p99Unit}` },
    { label: 'Errors', value: errors, unit: errorUnit, note: `${count(totals?.errors)} answered with an error` },
    { label: 'Clients', value: count(all), unit: 'sessions', note: `${count(clients.active)} active, ${count(clients.idle)} idle` },
    {
      label: 'Held',
      value: count(heldStatements),
      unit: 'waiting',
      note: 'statements that wait for a server',
      level: heldStatements > 0 ? 'warn' : '',
    },
    { label: 'Retried', value: count(totals?.retried), unit: 'run again', note: 'statements run once more' },
    {
      label: 'Unknown',
      value: count(totals?.unknownOutcomes),
      unit: 'outcomes',
      note: 'answered with error 9501',
      level: (totals?.unknownOutcomes ?? 0) > 0 ? 'bad' : '',
    },
    { label: 'Repointed', value: count(totals?.repointed), unit: 'sessions', note: 'moved to another server' },
  ];
}

export function drawFigures(status) {
  keyed(
    byId('figures'),
    figuresOf(status),
    ({ label }) => label,
    ({ label }) =>
      h('div', { class: 'figure' }, h('dt', {}, label), h('dd', {}, h('b'), h('span', { class: 'unit' }), h('span', { class: 'note' }))),
    (element, { value, unit, note, level }) => {
      const [number, unitText, noteText] = element.querySelector('dd').children;
      setText(number, value);
      setText(unitText, ` ${unit}`);
      setText(noteText, note);
      setAttribute(element, 'data-level', level || undefined);
    },
  );
  const { version, state, uptimeSeconds, workers } = status;
  const many = workers.length === 1 ? '1 process' : `${workers.length} workers`;
  setText(byId('about'), `${version} · ${state} for ${duration(uptimeSeconds)} · ${many}`);
}
