import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Cleans up after this process however it ends, SIGKILL included: a small shell in a session of its own reads what there is to
 * clean from a pipe and starts when the pipe ends. Order: processes, containers, packet-filter rules, folders and files.
 * A process is killed only while its command line still holds the token it was registered with, so that a reused pid is safe.
 */
const SCRIPT = `
trap '' INT TERM HUP QUIT
declare -A todo
while IFS=$'\\t' read -r verb key kind rest; do
  case $verb in
    add) todo[$key]=$kind$'\\t'$rest ;;
    drop) unset "todo[$key]" ;;
  esac
done
each() {
  local key what
  for key in "\${!todo[@]}"; do
    IFS=$'\\t' read -r what one two <<<"\${todo[$key]}"
    [ "$what" != "$1" ] || "$1"
  done
}
process() {
  ours() { tr '\\0' ' ' <"/proc/$one/cmdline" 2>/dev/null | grep -qF -e "$two"; }
  for ((i = 0; i < 250; i++)); do
    ours || break
    kill -KILL "$one" 2>/dev/null
    sleep 0.02
  done
}
container() { docker rm -f "$one" >/dev/null 2>&1; }
rule() { local words; read -ra words <<<"$one"; while "\${words[@]}" 2>/dev/null; do :; done; }
folder() { rm -rf -- "$one"; }
for kind in process container rule folder; do each "$kind"; done
`;

export type Remains =
  | { readonly kind: 'process'; readonly pid: number; readonly token: string }
  | { readonly kind: 'container'; readonly name: string }
  /** A command that removes one rule; repeated until it fails. No word may hold a space. */
  | { readonly kind: 'rule'; readonly command: readonly string[] }
  | { readonly kind: 'folder'; readonly path: string };

let shell: ChildProcessWithoutNullStreams | undefined;
let nextKey = 1;

function tell(line: string): void {
  if (shell === undefined) {
    shell = spawn('bash', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' });
    shell.stdout.destroy();
    shell.stderr.destroy();
    shell.stdin.on('error', () => undefined);
    shell.unref();
    (shell.stdin as unknown as Socket).unref();
  }
  shell.stdin.write(`${line}\n`);
}

/** Has something removed when this process ends; the returned function says that it is gone already. */
export function buryLater(remains: Remains): () => void {
  const key = nextKey++;
  const words: string[] =
    remains.kind === 'process'
      ? [String(remains.pid), remains.token]
      : remains.kind === 'container'
        ? [remains.name]
        : remains.kind === 'rule'
          ? [remains.command.join(' ')]
          : [remains.path];
  tell(['add', String(key), remains.kind, ...words].join('\t'));
  return () => tell(`drop\t${key}`);
}
