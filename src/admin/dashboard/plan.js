import { h } from './dom.js';
import { clock } from './format.js';

/** Members of answers that say nothing to people who are about to decide. */
const UNSPOKEN = ['id', 'cluster', 'done', 'dryRun', 'killed', 'result', 'progress', 'tookMs', 'version', 'upgraded'];

/** What an action would do, as its dry run says. */
export function planShown(report) {
  const { plan, warnings = [], applied, needRestart, from, to, session, ...rest } = report;
  const parts = [];
  if (typeof from === 'string' && typeof to === 'string') parts.push(h('p', { class: 'move' }, h('b', {}, from), ' → ', h('b', {}, to)));
  for (const warning of warnings) parts.push(h('p', { class: 'warning' }, warning));
  if (Array.isArray(plan)) parts.push(h('ol', { class: 'plan' }, ...plan.map(step)));
  if (applied !== undefined) parts.push(...changes('Applied at once', applied), ...changes('Needs a restart', needRestart));
  if (applied?.length === 0 && needRestart?.length === 0) parts.push(h('p', {}, 'The file says what is in force already.'));
  const facts = session ?? Object.fromEntries(Object.entries(rest).filter(([name]) => !UNSPOKEN.includes(name)));
  if (Object.keys(facts).length > 0) parts.push(shown(facts));
  return h('div', { class: 'report' }, ...parts);
}

function step({ phase, backend, what, sql }) {
  return h(
    'li',
    {},
    h('span', { class: 'phase' }, phase ?? ''),
    h('span', {}, backend === undefined ? what : `${backend}: ${what}`),
    sql === undefined ? undefined : h('code', {}, sql),
  );
}

/** Keys of the configuration, before and after. */
export function changes(title, list = []) {
  if (list.length === 0) return [];
  const line = ({ key, old, new: next }) => h('li', {}, h('code', {}, key), ' ', h('del', {}, text(old)), ' → ', h('ins', {}, text(next)));
  return [h('h4', {}, title), h('ul', { class: 'changes' }, ...list.map(line))];
}

function text(value) {
  if (value === undefined || value === null) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A step that has just been taken. */
export function progressLine({ phase, detail, atMs }) {
  return h(
    'li',
    {},
    h('span', { class: 'phase' }, phase ?? ''),
    h('span', {}, detail ?? ''),
    h('span', { class: 'at' }, atMs === undefined ? '' : clock(atMs)),
  );
}

/** Any JSON for people: lists as lists, the rest by name. */
export function shown(value) {
  if (Array.isArray(value))
    return value.length === 0 ? h('span', {}, 'none') : h('ol', { class: 'numbered' }, ...value.map((each) => h('li', {}, shown(each))));
  if (value === null || typeof value !== 'object') return h('span', {}, value === null ? '–' : String(value));
  const pairs = Object.entries(value).filter(([, each]) => each !== undefined);
  return h('dl', { class: 'facts' }, ...pairs.flatMap(([name, each]) => [h('dt', {}, words(name)), h('dd', {}, shown(each))]));
}

/** `backendThread` -> `backend thread`. */
function words(name) {
  return name.replace(/([a-z])([A-Z])/g, (_all, before, after) => `${before} ${after.toLowerCase()}`);
}
