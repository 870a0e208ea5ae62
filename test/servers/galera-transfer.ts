import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `wsrep_sst_method`; the server looks for a program `wsrep_sst_copy` on its PATH. */
export const TRANSFER_METHOD = 'copy';

/**
 * A state transfer between nodes of one machine: the donor copies its files straight into the joiner's folder. It answers the lines that
 * MariaDB's own methods answer; those need rsync or mariabackup, 4 to 8 s a node, and fail as root.
 */
const SCRIPT = `#!/usr/bin/env bash
set -euo pipefail
bypass=0
while [ $# -gt 0 ]; do
  case $1 in
    --mysqld-args) break ;;
    --bypass) bypass=1; shift; continue ;;
    --role) role=$2 ;; --address) address=$2 ;; --datadir) data=\${2%/} ;; --gtid) gtid=$2 ;;
    --gtid-domain-id) domain=$2 ;; --parent) parent=$2 ;;
  esac
  shift 2 || break
done
mark=.sst_done

if [ "$role" = joiner ]; then
  rm -f "$data/$mark"
  echo "ready \${address%%/*}/$data"
  until [ -e "$data/$mark" ]; do
    kill -0 "$parent" 2>/dev/null || exit 32
    sleep 0.02
  done
  cat "$data/$mark"
  rm -f "$data/$mark"
else
  to=/\${address#*/}
  [ -d "$to" ] || { echo "WSREP_SST: [ERROR] $to is no folder" >&2; exit 22; }
  if [ $bypass = 0 ]; then
    rm -f "$data/tables_flushed"
    echo 'flush tables'
    for ((i = 0; i < 1500; i++)); do
      [ -s "$data/tables_flushed" ] && break
      sleep 0.02
    done
    [ -s "$data/tables_flushed" ] || { echo 'WSREP_SST: [ERROR] tables were not flushed in 30 s' >&2; exit 110; }
    tar -C "$data" --exclude=./galera.cache --exclude=./grastate.dat --exclude=./gvwstate.dat --exclude=./tables_flushed \\
      --exclude='./bin.*' --exclude='./*.pid' --exclude=./ibtmp1 --exclude="./$mark" -cf - . | tar -C "$to" -xf -
    rm -f "$data/tables_flushed"
    echo 'continue'
  fi
  echo "$gtid \${domain:-0}" >"$to/$mark.part"
  mv "$to/$mark.part" "$to/$mark"
  echo "done $gtid \${domain:-0}"
fi
`;

/** Writes the program into a folder, which then belongs on the PATH of every node. */
export async function writeTransfer(folder: string): Promise<void> {
  await writeFile(join(folder, `wsrep_sst_${TRANSFER_METHOD}`), SCRIPT, { mode: 0o755 });
}
