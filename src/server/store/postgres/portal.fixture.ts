/** A process that uses the embedded database as a portal does: opens the store of the folder it is given, says so, counts on request, stops on SIGTERM. */
import { openStore } from '../pool.ts';

const said = (fields: object, message: string) => console.log(JSON.stringify({ message, ...fields }));
const store = await openStore({ dataDir: process.argv[2] ?? '', logger: { info: said, warn: said, error: said } });
console.log('ready');
process.on('SIGTERM', () => void store.close().then(() => process.exit(0)));
setInterval(() => undefined, 60_000);
