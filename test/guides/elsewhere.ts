/**
 * What the guides tell people to type and the guides' test does not: it needs what is not to be had here, or another test does it.
 * Each line of an `elsewhere` block begins with one of these; one that no guide uses is an error too.
 */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm run demo': 'test/integration/demo-scenario; interactive: by hand',
  'npm test': 'this is part of it',
  'npm ci && npm run build': 'every run of CI begins with them',
  'npm run build:sea': 'test/packaging/single-executable',
  'docker build': 'test/containers/pointsman-file',
  'docker run': 'test/containers/pointsman-environment, needs an engine',
  'docker compose': 'test/containers/compose, needs an engine and, for Prometheus and Grafana, an image registry',
  kubectl: 'needs a cluster; the manifests are checked by test/packaging/kubernetes',
  systemctl: 'needs systemd as process 1; the unit is checked by test/packaging/systemd',
  'npm install --global pointsman': 'needs the published package; npm pack and npx of it: test/packaging/npm-package',
  'pointsman import': 'test/unit/cli/import, with a proxysql.cnf and a dump',
  'npx pointsman': 'needs the published package; npm pack and npx of it: test/packaging/npm-package',
};
