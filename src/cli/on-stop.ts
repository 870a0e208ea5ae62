/** Calls `stop` at Ctrl-C and, where standard input is a terminal, at `q`. @returns ends that, and gives the terminal back as it was */
export function onStop(stop: () => void): () => void {
  const { stdin } = process;
  const onKey = (bytes: Buffer): void => {
    // In raw mode Ctrl-C is a byte like any other.
    if (bytes.includes(0x03) || bytes.includes('q')) stop();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (stdin.isTTY) {
    stdin.setRawMode(true);
    stdin.on('data', onKey);
  }
  return () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    if (!stdin.isTTY) return;
    stdin.off('data', onKey);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
