import type { Config } from '../config.js';
import type { Findings } from '../findings.js';
import { didYouMean } from '../nearest-name.js';
import { eachDuplicate } from './duplicates.js';

/** Accounts of clients. */
export function checkUsers(config: Config, findings: Findings): void {
  if (config.users.length === 0) {
    findings.warning(['users'], 'there are none, so nobody can log in; list the accounts of your applications');
  }
  eachDuplicate(
    config.users,
    (user) => user.name,
    (index, first) => findings.error(['users', index, 'name'], `users[${first}] has this name already; keep one`),
  );
  const clusterNames = config.clusters.map((cluster) => cluster.name);
  config.users.forEach((user, index) => {
    if (user.cluster !== undefined && !clusterNames.includes(user.cluster)) {
      const message = `there is no cluster "${user.cluster}"${didYouMean(user.cluster, clusterNames)}`;
      findings.error(['users', index, 'cluster'], message);
    }
    if (user.allow?.length === 0) {
      findings.error(['users', index, 'allow'], 'an empty list lets nobody in; leave the key out to let the account in from everywhere');
    }
  });
}
