/**
 * Starts the demo back office: `npm run backoffice`. `BACKOFFICE_FIT_CONNECT` names a file that makes it a FIT-Connect delivery service with an office
 * behind it: `{"destinationId": "…", "services": {"<LeiKa key>": "<URI of the schema>"}, "callback": "https://…"}`.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { startBackoffice } from '../backoffice/server.ts';

const secret = process.env.DEMO_BACKOFFICE_SECRET;
if (!secret) {
  console.error('Set DEMO_BACKOFFICE_SECRET: the secret that portal and back office share.');
  process.exit(2);
}
const data = resolve(process.env.SCHALTER_DATA ?? resolve(import.meta.dirname, '../../.data'), 'backoffice');
const file = process.env.BACKOFFICE_FIT_CONNECT;
const office = await startBackoffice({
  port: Number(process.env.BACKOFFICE_PORT ?? 4010),
  dataDir: data,
  secret,
  ...(file && { fitConnect: fitConnectFrom(file, secret) }),
});
console.log(`Back office: http://127.0.0.1:${office.port}/`);
if (office.fitConnect)
  console.log(
    `FIT-Connect: http://127.0.0.1:${office.port}/fit-connect/submission-api, token at /fit-connect/token for the client "portal"`,
  );
process.on('SIGTERM', () => void office.close().then(() => process.exit(0)));

function fitConnectFrom(path: string, shared: string) {
  const { destinationId, services, callback } = JSON.parse(readFileSync(path, 'utf8')) as {
    destinationId: string;
    services: Record<string, string>;
    callback?: string;
  };
  return {
    destinationId,
    services,
    clientId: 'portal',
    clientSecret: shared,
    ...(callback && { callback: { url: callback, secret: shared } }),
  };
}
