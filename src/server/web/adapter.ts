/** Kit's adapter: what a build leaves for `serving.ts`. Why not adapter-node: docs/adr/0008. Runs at build time only. */
import { writeFileSync } from 'node:fs';
import type { Adapter } from '@sveltejs/kit';

/** The built portal: `client/` with everything static, compressed beforehand, and `server/`. */
export default function adapter(out = 'build'): Adapter {
  return {
    name: 'schalter',
    async adapt(builder) {
      builder.rimraf(out);
      builder.writeClient(`${out}/client`);
      builder.writeServer(`${out}/server`);
      writeFileSync(`${out}/server/routes.js`, `export const manifest = ${builder.generateManifest({ relativePath: './' })};\n`);
      await builder.compress(`${out}/client`);
    },
  };
}
