import { resolve } from 'node:path';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { build, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { kernPurge } from './src/ui/kern-purge.ts';

/**
 * The small browser script, as one file beside what Kit builds: citizens' pages load it and nothing else. Kit builds no client for pages without
 * its runtime, so the script is bundled by itself, into the folder of static files.
 */
function enhance(): Plugin {
  return {
    name: 'schalter-enhance',
    apply: (_config, { isPreview }) => !isPreview && !process.env.VITEST,
    async config() {
      await build({
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        build: {
          target: 'es2022',
          outDir: resolve(import.meta.dirname, 'static'),
          emptyOutDir: false,
          lib: { entry: resolve(import.meta.dirname, 'src/ui/enhance/index.ts'), formats: ['es'], fileName: () => 'enhance.js' },
        },
      });
    },
  };
}

export default defineConfig({
  plugins: [tailwindcss(), kernPurge(), sveltekit(), enhance()],
  build: { target: 'es2022' },
  test: {
    include: ['src/**/{test,*.test}.ts', 'tests/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['tests/global-setup.ts'],
    testTimeout: 30_000,
  },
});
