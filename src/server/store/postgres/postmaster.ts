/**
 * What is known about the postgres process of a cluster, from its `postmaster.pid` and /proc. Its own lock check takes a zombie, or a stranger
 * that got the same process id, for a running server and refuses to start; so both are recognised here.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export type Postmaster = { state: 'none' } | { state: 'running' | 'zombie' | 'stranger' | 'ended'; pid: number };

/** Looks up the server that `postmaster.pid` names. */
export async function findPostmaster(cluster: string): Promise<Postmaster> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0)) return { state: 'none' };
  return { state: await stateOf(pid, cluster), pid };
}

async function stateOf(pid: number, cluster: string): Promise<'running' | 'zombie' | 'stranger' | 'ended'> {
  if (process.platform !== 'linux') return isAlive(pid) ? 'running' : 'ended';
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return 'ended';
  // "pid (name) S …": the name may hold anything, so count from its last bracket
  const letter = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  if (letter === 'Z' || letter === 'X') return 'zombie';
  const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return args.includes(cluster) ? 'running' : 'stranger';
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether any process still works in the cluster: backends outlive a killed postmaster for a moment, and a second server beside them would destroy data. */
export async function clusterInUse(cluster: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    if (cwd === cluster) return true;
  }
  return false;
}
