/** The demo back office as a program of its own, for `deliveries.ts`: prints its port, ends with its parent. Argument: data directory, address of the hints. */
import { startBackoffice } from '../../src/backoffice/server.ts';
import { BENCH_FIT, BENCH_SECRET } from './deliveries.ts';

const [dataDir = '', hints = ''] = process.argv.slice(2);
const office = await startBackoffice({
  port: 0,
  dataDir,
  secret: BENCH_SECRET,
  progressAfter: 3_600_000,
  fitConnect: { ...BENCH_FIT, decideAfter: 0, callback: { url: hints, secret: BENCH_SECRET } },
});
process.stdout.write(`${office.port}\n`);
process.stdin.resume().on('end', () => process.exit(0));
