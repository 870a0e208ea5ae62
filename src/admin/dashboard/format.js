const NONE = '–';

function short(value) {
  if (value >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value >= 10 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(value >= 1 ? 1 : 2).replace(/\.?0+$/, '');
}

/** 1234 -> 1,234; 1234567 -> 1.23 M. */
export function count(value) {
  if (value === null || value === undefined) return NONE;
  if (value < 1e6) return Math.round(value).toLocaleString('en');
  return value < 1e9 ? `${(value / 1e6).toFixed(2)} M` : `${(value / 1e9).toFixed(2)} G`;
}

/** The number and its unit apart, for figures. */
export function ratePair(value) {
  if (value === null || value === undefined) return [NONE, '/s'];
  return value >= 10_000 ? [short(value / 1000), 'k/s'] : [short(value), '/s'];
}

export function rate(value) {
  return ratePair(value).join(' ');
}

export function msPair(ms) {
  if (ms === null || ms === undefined) return [NONE, 'ms'];
  if (ms >= 60_000) return [short(ms / 60_000), 'min'];
  if (ms >= 1000) return [short(ms / 1000), 's'];
  return ms < 0.95 ? [String(Math.round(ms * 1000)), 'µs'] : [short(ms), 'ms'];
}

export function milliseconds(ms) {
  return ms === 0 ? '0 ms' : msPair(ms).join(' ');
}

export function bytes(value) {
  if (value === null || value === undefined) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let left = value;
  while (left >= 1024 && at < units.length - 1) {
    left /= 1024;
    at += 1;
  }
  return `${short(left)} ${units[at]}`;
}

export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.round((seconds % 86_400) / 3600)} h`;
}

export function clock(ms) {
  const at = new Date(ms);
  return `${at.toLocaleTimeString('en-GB')}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

export function dateTime(ms) {
  const at = new Date(ms);
  const pad = (n) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${at.toLocaleTimeString('en-GB')}`;
}

/** A key of the configuration and its value as people write it: `timeoutMs: 500` -> `timeout`, `500 ms`. */
export function setting(name, value) {
  if (value === null) return [name, NONE];
  if (typeof value === 'number' && name.endsWith('Ms')) return [name.slice(0, -2), value === 0 ? '0 s' : milliseconds(value)];
  if (typeof value === 'number' && name.endsWith('Bytes')) return [name.slice(0, -5), bytes(value)];
  return [name, String(value)];
}
