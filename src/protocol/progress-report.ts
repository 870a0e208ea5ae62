import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** MariaDB's news about a long statement: looks like an ERR with code 0xffff and ends nothing. Only with PROGRESS agreed. */
export interface ProgressReport {
  /** Counts from 1 to `stages`. */
  readonly stage: number;
  readonly stages: number;
  /** Share of this stage that is done, in thousandths of a percent (0 to 100,000). */
  readonly progress: number;
  readonly info: string;
}

const PACKET = 'progress-report';
const HEADER = 0xff;
const CODE = 0xffff;

export function decodeProgressReport(payload: Buffer): ProgressReport {
  const reader = new ByteReader(payload, PACKET);
  reader.header(HEADER);
  if (reader.u16() !== CODE) throw reader.malformed('an ERR packet, not a progress report');
  reader.skip(1); // how many texts follow: always one
  return { stage: reader.u8(), stages: reader.u8(), progress: reader.u24(), info: reader.lenencText() };
}

export function encodeProgressReport(report: ProgressReport): Buffer {
  const writer = new ByteWriter(PACKET).u8(HEADER).u16(CODE).u8(1);
  return writer.u8(report.stage).u8(report.stages).u24(report.progress).lenencText(report.info).finish();
}
