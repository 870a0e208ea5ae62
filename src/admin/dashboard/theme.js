import { byId, setText } from './dom.js';

const NAMES = ['auto', 'light', 'dark'];

/** As the system has it, or as somebody chose here. */
export function prepareTheme() {
  let name = NAMES.includes(localStorage.getItem('theme')) ? localStorage.getItem('theme') : 'auto';
  const show = () => {
    setText(byId('theme-name'), name);
    if (name === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
  };
  byId('theme').addEventListener('click', () => {
    name = NAMES[(NAMES.indexOf(name) + 1) % NAMES.length];
    localStorage.setItem('theme', name);
    show();
  });
  show();
}
