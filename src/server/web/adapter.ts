/** Kit's adapter: what a build leaves for `serving.ts`. Why not adapter-node: docs/adr/0008. Runs at build time only. */
import { writeFileSync } from 'node:fs';
import type { Adapter } from '@sveltejs/kit';
import { build } from 'vite';

/** The built portal: `client/` with everything static, compressed beforehand, `server/`, and `serve.js`, which serves both. */
export default function adapter(out = 'build'): Adapter {
  return {
    name: 'schalter',
    async adapt(builder) {
      builder.rimraf(out);
      builder.writeClient(`${out}/client`);
      builder.writeServer(`${out}/server`);
      writeFileSync(`${out}/server/routes.js`, `export const manifest = ${builder.generateManifest({ relativePath: './' })};\n`);
      await builder.compress(`${out}/client`);
      // Built too: Node's own removal of types would stay in memory for as long as the portal runs (measured: 30 MB).
      await build({
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        build: { ssr: 'src/cli/serve.ts', outDir: out, emptyOutDir: false, target: 'esnext', minify: false },
      });
    },
  };
}
