/**
 * Starts the demo identity provider: `npm run identity-provider`. It serves the municipalities whose document says `"demo": true` under `staff`, and refuses to run
 * where none does: nobody can have invented staff by accident.
 */
import { join, resolve } from 'node:path';
import { startIdentityProvider, type Client } from '../identity-provider/server.ts';
import { readMunicipalities, readSecret, readSettings } from '../server/config/index.ts';

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

const settings = readSettings(process.env);
const issuers = new Set<string>();
const clients = readMunicipalities(settings.configDir).municipalities.flatMap(({ hosts, staff }): Client[] => {
  if (!staff?.demo) return [];
  issuers.add(new URL(staff.issuer).origin);
  const at = (path: string) => hosts.map((host) => `http://${host}:${settings.port}${path}`);
  return [
    { id: staff.clientId, secret: readSecret(staff.clientSecret), callbacks: at('/de/counter/callback'), left: at('/de/counter/left') },
  ];
});
const [issuer, another] = issuers;
if (!issuer) stop('No municipality has "demo": true under "staff": invented staff are for the demonstration only.');
if (new URL(issuer).hostname !== '127.0.0.1') stop(`It is served at http://127.0.0.1 only, not at ${issuer}.`);
if (another) stop(`The demo municipalities name several issuers: ${issuer}, ${another}. Give them one.`);

const provider = await startIdentityProvider({
  port: Number(new URL(issuer).port || 80),
  dataDir: join(resolve(settings.dataDir), 'identity-provider'),
  clients,
});
console.log(`Login of invented staff, for the demonstration only: http://127.0.0.1:${provider.port}/`);
process.on('SIGTERM', () => void provider.close().then(() => process.exit(0)));
