/** `npm test`: every check, one after the other, with a plain closing line. Stops at nothing: all results are wanted. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { prepareBrowser } from './browser.ts';

const root = resolve(import.meta.dirname, '../..');
const bin = (path: string) => join(root, 'node_modules', path);
let passed = 0;
let failed = 0;

function check(name: string, args: string[]): void {
  const started = Date.now();
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const fine = result.status === 0;
  console.log(`${fine ? 'ok' : 'FAILED'}  ${name} (${Math.round((Date.now() - started) / 1000)} s)`);
  if (fine) passed += 1;
  else failed += 1;
}

check('format', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']);
check('lint', [bin('eslint/bin/eslint.js'), '.']);
check('dead code', [bin('knip/bin/knip.js')]);
check('types', [bin('svelte-check/bin/svelte-check'), '--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human']);

const browser = await prepareBrowser();
if (browser) process.env.SCHALTER_CHROMIUM = browser;

for (const material of ['fim', 'fit-connect'])
  if (!existsSync(resolve(root, '../shared', material)))
    console.log(`left out: what needs the material in ../shared/${material}, which is not there`);

const report = join(tmpdir(), `schalter-vitest-${process.pid}.json`);
const vitest = spawnSync(
  process.execPath,
  [bin('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (existsSync(report)) {
  const counts = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numFailedTestSuites: number;
  };
  passed += counts.numPassedTests;
  failed += Math.max(counts.numFailedTests, vitest.status === 0 ? 0 : 1);
  rmSync(report);
} else failed += 1;

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
