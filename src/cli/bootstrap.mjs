/**
 * What `npm start` and `npm test` run on whatever Node the machine has: installs what is missing, then hands over to the Node of this project
 * (`node_modules/.bin/node`). Plain JavaScript, because nothing is installed yet when it starts.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const node = join(root, 'node_modules/.bin/node');

function run(command, args, env = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Installs when nothing is there, or when the lock file changed since. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const mark = join(root, 'node_modules/.schalter-installed');
  if (existsSync(node) && existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  console.log('Installing packages …');
  // Not `npm ci`: it refuses a lock file in which a registry lacks builds for other platforms than this one. What is locked is installed all the same.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(mark, lock);
}

/** The newest change below a folder, in milliseconds. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function build() {
  const built = join(root, 'build/serve.js');
  const sources = ['src', 'vite.config.ts', 'svelte.config.js', 'package.json'].map((name) => newest(join(root, name)));
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...sources)) return;
  console.log('Building the portal …');
  run(node, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error']);
}

/** A secret of the demo's: made once, kept beside the data, readable for its owner only. */
function demoSecret(name) {
  const data = resolve(process.env.SCHALTER_DATA ?? join(root, '.data'));
  const file = join(data, name);
  mkdirSync(data, { recursive: true });
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

function start() {
  const env = {
    ...process.env,
    DEMO_BACKOFFICE_SECRET: process.env.DEMO_BACKOFFICE_SECRET ?? demoSecret('demo-secret'),
    DEMO_IDENTITY_SECRET: process.env.DEMO_IDENTITY_SECRET ?? demoSecret('demo-identity-secret'),
  };
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // Invented staff belong to the demonstration's own municipalities: with others, nobody gets them unasked.
  const demo = process.env.SCHALTER_CONFIG ? [] : [scripts['identity-provider']];
  const children = [scripts.backoffice, ...demo, scripts.serve].map((script) =>
    spawn(node, script.split(' ').slice(1), {
      cwd: root,
      env,
      stdio: 'inherit',
    }),
  );
  let ending = false;
  const end = () => {
    ending = true;
    for (const child of children) child.kill('SIGTERM');
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  for (const child of children) {
    child.on('exit', (code) => {
      if (!ending) end();
      process.exitCode ||= code ?? 1;
    });
  }
}

const [command, ...rest] = process.argv.slice(2);
install();
if (command === 'start') {
  build();
  start();
} else if (command === 'test') {
  build();
  run(node, ['--disable-warning=ExperimentalWarning', join(root, 'src/cli/checks.ts'), ...rest]);
} else {
  console.error('bootstrap.mjs start | test');
  process.exitCode = 2;
}
