import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { build, type Plugin } from 'vite';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { shortLived } from './src/server/web/short-lived.ts';
import { kernPurge } from './src/ui/kern-purge.ts';

/** The small browser scripts: what citizens' pages load and nothing else; what the sheet, its review, and the screen beside it load besides. */
const SCRIPTS = {
  'enhance.js': 'src/ui/enhance/index.ts',
  'desk.js': 'src/ui/desk/index.ts',
  'sign.js': 'src/ui/sign/index.ts',
  'screen.js': 'src/ui/screen/index.ts',
};

/** One file each beside what Kit builds. Kit builds no client for pages without its runtime, so they are bundled by themselves, into the folder of static files. */
function scripts(): Plugin {
  return {
    name: 'schalter-scripts',
    apply: (_config, { isPreview }) => !isPreview && !process.env.VITEST,
    async config() {
      for (const [name, entry] of Object.entries(SCRIPTS))
        await build({
          configFile: false,
          logLevel: 'warn',
          publicDir: false,
          build: {
            target: 'es2022',
            outDir: resolve(import.meta.dirname, 'static'),
            emptyOutDir: false,
            lib: { entry: resolve(import.meta.dirname, entry), formats: ['es'], fileName: () => name },
          },
        });
    },
  };
}

/**
 * The living sheet of the counter: Svelte and the engine, in parts that are loaded when a flow needs them, into a folder of its own. Its components'
 * styles are in the stylesheet that Kit has built from the same files.
 */
function liveSheet(): Plugin {
  return {
    name: 'schalter-live-sheet',
    apply: (_config, { isPreview }) => !isPreview && !process.env.VITEST,
    async config() {
      await build({
        configFile: false,
        logLevel: 'error',
        publicDir: false,
        plugins: [
          { name: 'no-styles', enforce: 'pre', load: (id) => (id.includes('type=style') ? '' : undefined) },
          svelte({ configFile: false, compilerOptions: { runes: true } }),
        ],
        base: '/live/',
        build: {
          target: 'es2022',
          outDir: resolve(import.meta.dirname, 'static/live'),
          emptyOutDir: true,
          modulePreload: false,
          rollupOptions: {
            input: { start: resolve(import.meta.dirname, 'src/live/start.ts') },
            output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
            preserveEntrySignatures: 'exports-only',
          },
        },
      });
    },
  };
}

export default defineConfig({
  plugins: [tailwindcss(), kernPurge(), sveltekit(), shortLived(), scripts(), liveSheet()],
  build: { target: 'es2022' },
  test: {
    include: ['src/**/{test,*.test}.ts', 'tests/**/*.test.ts'],
    // Real schemas are not ours to copy: whoever has them puts them beside the repository.
    exclude: existsSync(resolve(import.meta.dirname, '../shared/fim')) ? [] : ['tests/fim/{mutated,portal,real,shipped}.test.ts'],
    environment: 'node',
    globalSetup: ['tests/global-setup.ts'],
    testTimeout: 30_000,
    // Most files wait for a portal, a browser or a disk: two at a time cost a machine with two cores less than their sum.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
