import { shown } from '../actions.js';
import { read } from '../api.js';
import { h } from '../dom.js';
import { setting } from '../format.js';

/** The configuration in force, and where what runs differs from the file. */
export function configView(panel, operator) {
  return {
    async load() {
      const [{ config }, differs] = await Promise.all([
        read('/api/v1/config'),
        operator.offers('/api/v1/config/drift') ? read('/api/v1/config/drift') : undefined,
      ]);
      const parts = [];
      if (differs !== undefined) parts.push(h('h3', {}, 'Drift'), shown(differs));
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
