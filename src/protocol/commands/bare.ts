/** A request that is its command byte and nothing more: COM_PING, COM_QUIT, COM_RESET_CONNECTION, COM_STATISTICS, COM_DEBUG ... */
export function encodeBare(command: number): Buffer {
  return Buffer.from([command]);
}
