import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_SET_OPTION: turns multi-statements on or off after the login. */
export interface SetOptionRequest {
  /** 0: on, 1: off; others are refused by servers. */
  readonly option: number;
}

export const SetOption = { MULTI_STATEMENTS_ON: 0, MULTI_STATEMENTS_OFF: 1 } as const;

const PACKET = 'set-option';

export function decodeSetOption(payload: Buffer): SetOptionRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.SET_OPTION);
  return { option: reader.u16() };
}

export function encodeSetOption(request: SetOptionRequest): Buffer {
  return new ByteWriter(PACKET).u8(Command.SET_OPTION).u16(request.option).finish();
}
