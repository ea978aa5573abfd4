import { resolve } from 'node:path';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { build, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
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

export default defineConfig({
  plugins: [tailwindcss(), kernPurge(), sveltekit(), scripts()],
  build: { target: 'es2022' },
  test: {
    include: ['src/**/{test,*.test}.ts', 'tests/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['tests/global-setup.ts'],
    testTimeout: 30_000,
  },
});
