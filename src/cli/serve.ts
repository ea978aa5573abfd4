/** The portal's server: opens the portal through the built handler, puts the edge in front of it, and stops gracefully. */
import { resolve } from 'node:path';
import type { Portal } from '../server/portal.ts';
import { createEdge } from '../server/web/edge.ts';
import { serving } from '../server/web/serving.ts';

// Nothing may reach the prototype of all objects by a name that came from outside. Not by Node's flag: with `--disable-proto=throw` a header of
// this name ends the process before anybody can catch it.
delete (Object.prototype as { __proto__?: unknown }).__proto__;

// This file runs as `build/serve.js`, beside what Kit built.
const built = import.meta.dirname;
process.env.SCHALTER_HOME ??= resolve(built, '..');

/** Kit's `init` hook opens the portal and leaves it here: routes and edge share one instance. */
const slot = Symbol.for('schalter.portal');

try {
  const handler = await serving(built);
  const portal = (globalThis as unknown as Record<symbol, Portal>)[slot]!;
  const server = createEdge(portal, handler);
  await new Promise<void>((done, failed) => server.once('error', failed).listen(portal.settings.port, portal.settings.host, done));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : portal.settings.port;
  portal.logger.info('listening', { port });
  console.log(portal.municipalities.map((one) => `${one.name}: http://${one.hosts[0]}:${port}/`).join('\n'));
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    // Requests under way are finished; a client that hangs does not keep the portal from stopping.
    setTimeout(() => process.exit(1), 20_000).unref();
    const requests = new Promise((done) => server.close(done));
    void portal.stop(requests).then(() => process.exit(0));
    // A connection whose last answer is out would stay open for the next request.
    setInterval(() => server.closeIdleConnections(), 50).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  console.error(`The portal cannot start: ${(error as Error).message}`);
  process.exit(1);
}
