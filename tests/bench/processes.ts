/** What a running program costs, read from the kernel: CPU time and memory of a process, and of PostgreSQL with all its children. Linux only. */
import { spawnSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Kernel ticks a second; 100 on every Linux that Node runs on. */
const TICK = 100;

/** Fields of `/proc/PID/stat` after the command's name. */
function stat(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** CPU milliseconds of a process, user and system, all threads; with `ended`, those of children that have ended too. */
function cpu(pid: number, ended = false): number {
  const fields = stat(pid);
  return (
    (fields
      .slice(11, ended ? 15 : 13)
      .map(Number)
      .reduce((sum, ticks) => sum + ticks, 0) *
      1000) /
    TICK
  );
}

export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => {
      try {
        return Number(stat(one)[1]) === pid;
      } catch {
        return false;
      }
    });
}

/** Process id of the PostgreSQL that a portal started in this folder. */
export function postmasterOf(dataDir: string): number | undefined {
  const [file] = globSync('**/postmaster.pid', { cwd: dataDir });
  return file === undefined ? undefined : Number.parseInt(readFileSync(join(dataDir, file), 'utf8'), 10);
}

/** CPU milliseconds used so far by the portal and by its PostgreSQL. */
export function used(portal: number, postmaster: number | undefined): { portal: number; database: number } {
  const backends = postmaster === undefined ? [] : childrenOf(postmaster);
  const database = postmaster === undefined ? 0 : cpu(postmaster, true) + backends.reduce((sum, pid) => sum + cpu(pid), 0);
  return { portal: cpu(portal), database };
}

/** Memory in MB: resident set, now and at its highest. */
export function memory(pid: number): { now: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) / 1024);
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

/** Binds a running process and its threads to one core. False where the machine has no `taskset`. */
export function pin(pid: number, core: number): boolean {
  return spawnSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'ignore' }).status === 0;
}
