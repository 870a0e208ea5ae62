import type { Client } from './client.js';

const NPM = ['npm', 'install', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];

function node(name: string, more: Partial<Client> = {}): Client {
  return {
    name,
    language: 'JavaScript',
    kind: 'driver',
    shared: ['harness.mjs'],
    install: [NPM],
    manifest: ['package.json'],
    run: ['node', 'program.mjs'],
    ...more,
  };
}

function python(name: string, more: Partial<Client> = {}): Client {
  const pip = ['.venv/bin/python', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', 'requirements.txt'];
  return {
    name,
    language: 'Python',
    kind: 'driver',
    shared: ['harness.py', 'dbapi.py'],
    install: [['python3', '-m', 'venv', '.venv'], pip],
    manifest: ['requirements.txt'],
    run: ['.venv/bin/python', 'program.py'],
    ...more,
  };
}

function go(name: string, more: Partial<Client> = {}): Client {
  return {
    name,
    language: 'Go',
    kind: 'driver',
    shared: ['harness.go'],
    install: [['go', 'build', '-o', 'program', '.']],
    run: ['./program'],
    ...more,
  };
}

/** All clients of the matrix, in the order of the table. */
export const CLIENTS: readonly Client[] = [
  node('mysql2', { core: true }),
  python('pymysql', { core: true }),
  go('go-sql-driver', { core: true }),
];
