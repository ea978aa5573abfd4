/**
 * Starts, feeds and replaces the typesetting process. One process at a time takes orders; it is replaced when it has grown, and let go when nothing
 * was ordered for a while. A document that takes too long or brings the process down is refused, and the next order finds a fresh one.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '#server/config';
import type { Answer, Order } from './types.ts';

/** Sources are read by Node itself, also by the built portal: Typst's templates lie beside them. */
const PROGRAM = join(ROOT, 'src/server/documents/press.ts');

export interface PressLimits {
  /** Memory in bytes at which the process is replaced. It starts with about 100 MB, most of it the compiler's program text. */
  readonly rss: number;
  /** Milliseconds without an order after which it is let go. */
  readonly idle: number;
  /** Milliseconds an order may take, waiting included. */
  readonly timeout: number;
  /** Orders that may wait. */
  readonly waiting: number;
}

const LIMITS: PressLimits = { rss: 180e6, idle: 60_000, timeout: 20_000, waiting: 200 };

export interface Press {
  readonly print: (template: Order['template'], data: object) => Promise<Uint8Array>;
  readonly close: () => void;
  /** Process number of the process that takes orders now. */
  readonly pid: () => number | undefined;
}

/** `refused`: violates PDF/UA or the template is wrong. `busy`: too many orders. `late`: took too long. `stopped`: the process ended. */
export class DocumentError extends Error {
  readonly code: 'refused' | 'busy' | 'late' | 'stopped';
  constructor(code: DocumentError['code'], message: string) {
    super(message);
    this.name = 'DocumentError';
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (pdf: Uint8Array) => void;
  readonly reject: (error: DocumentError) => void;
  readonly timer: NodeJS.Timeout;
}

interface Running {
  readonly child: ChildProcess;
  readonly waiting: Map<number, Waiting>;
  idle?: NodeJS.Timeout;
}

/** Makes the press; no process is started before the first order. */
export function createPress(changes: Partial<PressLimits> = {}): Press {
  const limits = { ...LIMITS, ...changes };
  let current: Running | undefined;
  let ordered = 0;

  return {
    pid: () => current?.child.pid,
    close: () => current && retire(current),
    print(template, data) {
      const running = (current ??= start());
      if (running.waiting.size >= limits.waiting) return Promise.reject(new DocumentError('busy', 'too many documents are waiting'));
      clearTimeout(running.idle);
      const id = ++ordered;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => stuck(running, id), limits.timeout);
        running.waiting.set(id, { resolve, reject, timer });
        hold(running, true);
        running.child.send({ id, template, data } satisfies Order);
      });
    },
  };

  function start(): Running {
    // No environment: secrets of the portal are nobody else's. One thread and one heap arena are enough, and keep the memory low.
    const child = fork(PROGRAM, [], {
      env: { RAYON_NUM_THREADS: '1', MALLOC_ARENA_MAX: '1' },
      execArgv: ['--max-old-space-size=128'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const running: Running = { child, waiting: new Map() };
    child.on('message', (message: Answer) => take(running, message));
    child.on('error', () => ended(running));
    child.on('exit', () => ended(running));
    return running;
  }

  function take(running: Running, message: Answer): void {
    const order = running.waiting.get(message.id);
    running.waiting.delete(message.id);
    clearTimeout(order?.timer);
    if ('pdf' in message) order?.resolve(message.pdf);
    else order?.reject(new DocumentError('refused', message.problem));
    if (message.rss > limits.rss && current === running) current = undefined;
    if (running.waiting.size > 0) return;
    if (current !== running) return disconnect(running);
    hold(running, false);
    running.idle = setTimeout(() => retire(running), limits.idle);
    running.idle.unref();
  }

  /** Takes no more orders; ends when it has none left. */
  function retire(running: Running): void {
    if (current === running) current = undefined;
    clearTimeout(running.idle);
    if (running.waiting.size === 0) disconnect(running);
  }

  function disconnect(running: Running): void {
    if (running.child.connected) running.child.disconnect();
    running.child.unref();
  }

  function stuck(running: Running, id: number): void {
    const order = running.waiting.get(id);
    running.waiting.delete(id);
    order?.reject(new DocumentError('late', `no document after ${limits.timeout} ms`));
    if (current === running) current = undefined;
    running.child.kill('SIGKILL');
  }

  function ended(running: Running): void {
    if (current === running) current = undefined;
    clearTimeout(running.idle);
    for (const order of running.waiting.values()) {
      clearTimeout(order.timer);
      order.reject(new DocumentError('stopped', 'the typesetting process ended'));
    }
    running.waiting.clear();
  }

  /** An idle process does not keep the portal, a command or a test from ending. */
  function hold(running: Running, on: boolean): void {
    const change = on ? 'ref' : 'unref';
    running.child[change]();
    running.child.channel?.[change]();
  }
}
