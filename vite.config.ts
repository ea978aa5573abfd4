import { resolve } from 'node:path';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { kernPurge } from './src/ui/kern-purge.ts';

/** The small browser script, as a file of its own beside what Kit builds: citizens' pages load it and nothing else. */
function enhance(): Plugin {
  const entry = resolve(import.meta.dirname, 'src/ui/enhance/index.ts');
  return {
    name: 'schalter-enhance',
    apply: 'build',
    buildStart() {
      if (this.environment.name === 'client') this.emitFile({ type: 'chunk', id: entry, fileName: 'enhance.js' });
    },
  };
}

export default defineConfig({
  plugins: [tailwindcss(), kernPurge(), sveltekit(), enhance()],
  build: { target: 'es2022' },
  test: {
    include: ['src/**/{test,*.test}.ts', 'tests/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
  },
});
