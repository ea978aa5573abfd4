/** Starts the demo back office: `npm run backoffice`. */
import { resolve } from 'node:path';
import { startBackoffice } from '../backoffice/server.ts';

const secret = process.env.DEMO_BACKOFFICE_SECRET;
if (!secret) {
  console.error('Set DEMO_BACKOFFICE_SECRET: the secret that portal and back office share.');
  process.exit(2);
}
const data = resolve(process.env.SCHALTER_DATA ?? resolve(import.meta.dirname, '../../.data'), 'backoffice');
const office = await startBackoffice({ port: Number(process.env.BACKOFFICE_PORT ?? 4010), dataDir: data, secret });
console.log(`Back office: http://127.0.0.1:${office.port}/`);
process.on('SIGTERM', () => void office.close().then(() => process.exit(0)));
