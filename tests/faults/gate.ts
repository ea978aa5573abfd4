/** Stands between the portal and the back office, and lets through what a test lets through: at once, later, or never. */
import { createServer, request, type Server } from 'node:http';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultWorld } from './world.ts';

export interface Gate {
  /** Milliseconds that every send waits here; Infinity: it is never answered. */
  delay: number;
  /** Sends that are waiting here now. */
  readonly waiting: () => number;
  readonly close: () => void;
}

/** Opens a gate and leads the municipalities' destinations through it; the portal has to be started again to know. */
export async function openGate(world: FaultWorld): Promise<Gate> {
  let waiting = 0;
  const server: Server = createServer((req, res) => {
    waiting += 1;
    let over = false;
    const end = () => {
      if (!over) waiting -= 1;
      over = true;
    };
    res.on('close', end);
    if (gate.delay === Infinity) return void req.resume();
    setTimeout(() => {
      const on = request({ port: world.backoffice.port, path: req.url, method: req.method, headers: req.headers }, (answer) => {
        res.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(res);
      });
      on.on('error', () => res.destroy());
      req.pipe(on);
    }, gate.delay);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const config = join(world.dataDir, 'config');
  for (const file of readdirSync(config)) {
    const text = readFileSync(join(config, file), 'utf8');
    writeFileSync(join(config, file), text.replaceAll(`http://127.0.0.1:${world.backoffice.port}`, `http://127.0.0.1:${port}`));
  }
  const gate: Gate = {
    delay: 0,
    waiting: () => waiting,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return gate;
}
