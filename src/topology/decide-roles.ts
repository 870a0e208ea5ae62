import { assignGaleraRoles } from './galera-roles.js';
import { assignGroupRoles } from './group-roles.js';
import { assignRoles, type RoleDecision, type RolesInput } from './roles.js';
import type { ClusterKind } from './snapshot.js';
import { assignStaticRoles } from './static-roles.js';

/** Who has which role, by the rules of the cluster's kind. Each kind is a file of its own. */
export function decideRoles(kind: ClusterKind, input: RolesInput, failBack: boolean): RoleDecision {
  switch (kind) {
    case 'replication':
      return assignRoles(input);
    case 'galera':
      return assignGaleraRoles(input);
    case 'group-replication':
      return assignGroupRoles(input);
    case 'static':
      return assignStaticRoles(input, failBack);
  }
}
