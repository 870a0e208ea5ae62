import { Consistency } from '../routing/consistency.js';
import type { Session } from './session.js';
import { showsData } from './shows-data.js';
import type { Statement } from './statement.js';

/**
 * What a session's reads must see, per cluster. It outlives COM_RESET_CONNECTION and COM_CHANGE_USER: on a single server too the client
 * would go on to see what it wrote before.
 */
export class ReadPromises {
  readonly #byCluster = new Map<string, Consistency>();
  #last: Consistency | undefined;
  #lastCluster = '';
  /** The present answer named a GTID. */
  #committed = false;

  of(cluster: string): Consistency {
    if (this.#last !== undefined && this.#lastCluster === cluster) return this.#last;
    let found = this.#byCluster.get(cluster);
    if (found === undefined) {
      found = new Consistency();
      this.#byCluster.set(cluster, found);
    }
    this.#last = found;
    this.#lastCluster = cluster;
    return found;
  }

  /** The answer under way named the GTID of a transaction that is committed now. */
  wrote(session: Session, gtid: string): void {
    const { attachment } = session;
    if (attachment === undefined) return;
    const { cluster } = attachment;
    this.#committed = true;
    cluster.link.acknowledged(gtid);
    this.of(cluster.name).wrote(gtid, cluster.link.positions.of(attachment.backend), performance.now());
  }

  /**
   * A statement was answered whole, well or not: also a write that failed tells of data, and may have committed a part.
   * @param eventual its reads were promised nothing, so they promise nothing to later ones
   */
  answered(session: Session, statement: Statement, eventual: boolean, nowMs: number): void {
    const committed = this.#committed;
    this.#committed = false;
    const { attachment } = session;
    if (attachment === undefined || (eventual && statement.traits.read)) return;
    if (!showsData(statement, committed, session.state.dialect)) return;
    const { link, name } = attachment.cluster;
    const consistency = this.of(name);
    consistency.saw(attachment.backend, nowMs);
    if (attachment.backend !== link.snapshot.primary) consistency.readOnReplica = true;
  }
}
