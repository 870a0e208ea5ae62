import { clusterAtLogin } from '../routing/rules/rule-set.js';
import type { ClientIdentity, ClusterServices, SessionServices } from './services.js';

/**
 * The cluster that a login, or a change of user, is proven in and the session begins in: rules by user, address, listener, TLS and schema may
 * name another than the account's or the listener's.
 * @param home the account's or the listener's
 */
export function loginCluster(
  { rules, clusters }: Pick<SessionServices, 'rules' | 'clusters'>,
  { user, address: client, usesTls: tls }: Pick<ClientIdentity, 'user' | 'address' | 'usesTls'>,
  database: string | undefined,
  home: ClusterServices,
): ClusterServices {
  const name = rules === undefined ? undefined : clusterAtLogin(rules.set, { user, client, listener: rules.listener, tls }, database);
  return (name === undefined ? undefined : clusters.get(name)) ?? home;
}
