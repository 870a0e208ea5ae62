/**
 * MariaDB GTIDs `domain-server-sequence`. A binlog state (`gtid_binlog_state`) names the last sequence of every (domain, server)
 * pair; since sequences of one pair only grow, it contains a GTID exactly when the pair's last one is at least as high. A higher
 * sequence of *another* server does not contain it: two servers may have written different transactions under the same number.
 * https://mariadb.com/kb/en/gtid/
 */
export interface MariadbGtid {
  readonly domain: number;
  readonly server: number;
  readonly sequence: number;
}

/** Last sequence of each `domain-server` pair. */
export class MariadbState {
  readonly #last: ReadonlyMap<string, MariadbGtid>;

  private constructor(last: ReadonlyMap<string, MariadbGtid>) {
    this.#last = last;
  }

  /** Reads `0-1-10,1-2-7`. The same pair may come twice, the higher one counts. Throws RangeError on anything else. */
  static parse(text: string): MariadbState {
    const last = new Map<string, MariadbGtid>();
    for (const gtid of parseMariadbGtids(text)) {
      const pair = `${gtid.domain}-${gtid.server}`;
      if ((last.get(pair)?.sequence ?? -1) < gtid.sequence) last.set(pair, gtid);
    }
    return new MariadbState(last);
  }

  get isEmpty(): boolean {
    return this.#last.size === 0;
  }

  has(gtid: MariadbGtid): boolean {
    return (this.#last.get(`${gtid.domain}-${gtid.server}`)?.sequence ?? -1) >= gtid.sequence;
  }

  contains(other: MariadbState): boolean {
    return [...other.#last.values()].every((gtid) => this.has(gtid));
  }

  union(other: MariadbState): MariadbState {
    return MariadbState.parse([this, other].filter((state) => !state.isEmpty).join(','));
  }

  /**
   * What is here and not in `other`, as readable ranges (`0-1-96..100`). The start is the first sequence of the domain that this
   * server may have given out after the two parted; sequences are shared by the servers of a domain, so it is an upper bound.
   */
  missingIn(other: MariadbState): readonly MariadbRange[] {
    const ranges: MariadbRange[] = [];
    for (const gtid of this.#last.values()) {
      if (other.has(gtid)) continue;
      const known = other.#last.get(`${gtid.domain}-${gtid.server}`)?.sequence ?? 0;
      const common = Math.max(known, this.#lastCommon(other, gtid));
      ranges.push({ domain: gtid.domain, server: gtid.server, first: common + 1, last: gtid.sequence });
    }
    return ranges;
  }

  /** Highest sequence of the domain below `gtid` that both states contain under another server id. */
  #lastCommon(other: MariadbState, gtid: MariadbGtid): number {
    let common = 0;
    for (const mine of this.#last.values()) {
      if (mine.domain === gtid.domain && mine.sequence < gtid.sequence && other.has(mine)) common = Math.max(common, mine.sequence);
    }
    return common;
  }

  /** Sum of the highest sequence of each domain: a measure of age between states of one history. */
  get height(): number {
    const highest = new Map<number, number>();
    for (const gtid of this.#last.values()) highest.set(gtid.domain, Math.max(highest.get(gtid.domain) ?? 0, gtid.sequence));
    return [...highest.values()].reduce((sum, sequence) => sum + sequence, 0);
  }

  toString(): string {
    return [...this.#last.values()]
      .sort((a, b) => a.domain - b.domain || a.server - b.server)
      .map((gtid) => `${gtid.domain}-${gtid.server}-${gtid.sequence}`)
      .join(',');
  }
}

export interface MariadbRange {
  readonly domain: number;
  readonly server: number;
  readonly first: number;
  readonly last: number;
}

/** Reads a comma-separated list; empty text gives none. Throws RangeError on anything else. */
export function parseMariadbGtids(text: string): readonly MariadbGtid[] {
  if (text.trim() === '') return [];
  return text.split(',').map((part) => {
    const match = /^\s*(\d+)-(\d+)-(\d+)\s*$/.exec(part);
    if (match === null) throw new RangeError(`not a MariaDB GTID: ${part.slice(0, 60)}`);
    return { domain: Number(match[1]), server: Number(match[2]), sequence: Number(match[3]) };
  });
}
