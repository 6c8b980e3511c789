// Light, dark, or as the machine has it.
import { byId } from './dom.js';

const order = ['auto', 'light', 'dark'];

export function startTheme() {
  let theme = new URLSearchParams(location.search).get('theme') ?? remembered();
  const show = () => {
    if (!order.includes(theme)) theme = 'auto';
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    byId('theme').textContent = `Theme: ${theme}`;
  };
  byId('theme').addEventListener('click', () => {
    theme = order[(order.indexOf(theme) + 1) % order.length];
    try {
      localStorage.setItem('theme', theme);
    } catch {
      // then it is not remembered
    }
    show();
  });
  show();
}

function remembered() {
  try {
    return localStorage.getItem('theme') ?? 'auto';
  } catch {
    return 'auto';
  }
}
