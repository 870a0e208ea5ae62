import { read } from '../api.js';
import { h, keyed, setText } from '../dom.js';
import { dateTime, milliseconds } from '../format.js';
import { shown } from '../plan.js';

const SHOWN_APART = ['id', 'cluster', 'kind', 'startedMs', 'endedMs', 'oldPrimary', 'newPrimary', 'timeline', 'evidence', 'outcomes'];

/** What the last failovers and switchovers were, each with its timeline. */
export function failoversView(panel) {
  const list = h('div', { class: 'failovers' });
  const none = h('p', { class: 'empty' }, 'No primary has been lost or moved since the start.');
  panel.append(none, list);
  return {
    async load() {
      const { failovers } = await read('/api/v1/failovers');
      none.hidden = failovers.length > 0;
      keyed(list, failovers, ({ id }) => id, element, update);
      const first = list.firstElementChild;
      if (first !== null && first.dataset.touched === undefined) {
        first.open = true;
        first.dataset.touched = '';
      }
    },
  };
}

function element() {
  return h(
    'details',
    { class: 'failover' },
    h('summary', {}, h('b'), h('span', { class: 'what' }), h('span', { class: 'took' })),
    h('div'),
  );
}

function update(details, report) {
  const { kind, cluster, startedMs, endedMs, oldPrimary, newPrimary } = report;
  const [title, what, took] = details.firstChild.children;
  setText(title, `${dateTime(startedMs)} ${kind}`);
  setText(what, ` ${cluster}: ${oldPrimary ?? 'none'} → ${newPrimary ?? 'not yet'}`);
  setText(took, endedMs === undefined || endedMs === null ? ' under way' : ` in ${milliseconds(endedMs - startedMs)}`);
  const text = JSON.stringify(report);
  if (details.seen === text) return;
  details.seen = text;
  const rest = Object.fromEntries(
    Object.entries(report).filter(([key, value]) => !SHOWN_APART.includes(key) && value !== '' && value !== 0),
  );
  details.lastChild.replaceChildren(
    timeline(report),
    h(
      'div',
      { class: 'beside' },
      ...part('What proved it', report.evidence),
      ...part('What became of sessions and statements', report.outcomes),
      ...part('More', rest),
    ),
  );
}

function part(title, value) {
  const isEmpty = value === undefined || value === null || Object.keys(value).length === 0;
  return isEmpty ? [] : [h('h4', {}, title), shown(value)];
}

/** Since the start of the event, each entry with its distance. */
function timeline({ timeline: entries, startedMs }) {
  return h(
    'ol',
    { class: 'timeline' },
    ...entries.map(({ atMs, what, detail }) =>
      h(
        'li',
        {},
        h('span', { class: 'at' }, `+${milliseconds(Math.max(0, atMs - startedMs))}`),
        h('span', {}, detail ? `${what}: ${detail}` : what),
      ),
    ),
  );
}
