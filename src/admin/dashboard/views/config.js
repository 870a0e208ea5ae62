import { read } from '../api.js';
import { h } from '../dom.js';
import { setting } from '../format.js';
import { changes, shown } from '../plan.js';

/** The configuration in force, and where what runs differs from the file. */
export function configView(panel, operator) {
  return {
    async load() {
      const [{ config }, differs] = await Promise.all([
        read('/api/v1/config'),
        operator.offers('/api/v1/config/drift') ? read('/api/v1/config/drift') : undefined,
      ]);
      const parts = [];
      if (differs !== undefined) parts.push(...driftShown(differs));
      parts.push(h('h3', {}, 'In force'), h('p', { class: 'note' }, 'Defaults are filled in; passwords and tokens are not shown.'));
      parts.push(h('div', { class: 'settings' }, ...inOrder(config).map(([name, value]) => branch(name, value, true))));
      panel.replaceChildren(...parts);
    },
  };
}

function branch(name, value, open) {
  if (value === null || typeof value !== 'object') {
    const [key, text] = setting(name, value);
    return h('p', { class: 'setting' }, h('span', { class: 'key' }, key), h('code', {}, text));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return h('p', { class: 'setting' }, h('span', { class: 'key' }, name), h('code', {}, 'none'));
  const title = value.name ?? value.address?.host ?? '';
  const label = /^\d+$/.test(name) && typeof title === 'string' && title !== '' ? title : name;
  return h(
    'details',
    { open },
    h('summary', {}, label),
    h('div', { class: 'below' }, ...entries.map(([key, each]) => branch(key, each, false))),
  );
}

/** What people look for most first. */
const FIRST = ['clusters', 'listeners', 'users', 'rules'];

function inOrder(config) {
  const at = ([name]) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return Object.entries(config).sort((a, b) => at(a) - at(b));
}

/** Where what runs differs from its file, and what was changed at run time. */
function driftShown({ file, changes: differing = [], problem, runtime = [] }) {
  const title = h('h3', {}, 'Drift');
  const source =
    file === null || file === undefined
      ? 'There is no file: the settings came with the command or the environment.'
      : `The file is ${file}.`;
  const parts = [title, h('p', { class: 'note' }, source)];
  if (problem) parts.push(h('p', { class: 'warning' }, problem));
  if (differing.length === 0 && runtime.length === 0 && !problem) parts.push(h('p', {}, 'What runs is what the file says.'));
  parts.push(
    ...changes(
      'In the file, not in force',
      differing.map(({ key, old, new: next }) => ({ key, old, new: next })),
    ),
  );
  if (runtime.length > 0) parts.push(h('h4', {}, 'Changed at run time'), shown(runtime));
  return [h('div', { class: 'drift' }, ...parts)];
}
