/** One process at a time starts or stops the server of a data directory. The lock is an abstract unix socket: the kernel frees it when its holder dies. */
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `work` while no other process is in a turn of the same name. Waits up to a minute. Without Linux there are no abstract sockets, and no lock. */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock = process.platform === 'linux' ? await acquire(`\0schalter-${name}`) : undefined;
  try {
    return await work();
  } finally {
    lock?.close();
  }
}

async function acquire(address: string): Promise<Server> {
  for (const deadline = Date.now() + 60_000; ; await sleep(20)) {
    try {
      return await new Promise<Server>((resolve, reject) => {
        // whoever connects has no business here
        const server = createServer((socket) => socket.destroy());
        server.once('error', reject);
        server.listen(address, () => resolve(server));
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (Date.now() > deadline) throw new Error('Another process has been starting or stopping the database for a minute.');
    }
  }
}
