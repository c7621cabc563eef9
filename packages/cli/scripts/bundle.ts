import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** Makes `dist/restow.js`: one file with everything in it, HiGHS' WebAssembly too. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const embedHighs: Plugin = {
  name: 'embed-highs',
  setup({ onLoad }) {
    onLoad({ filter: /lp\/highs-wasm\.ts$/ }, async ({ path }) => {
      const wasm = await readFile(createRequire(path).resolve('highs/runtime'));
      return {
        contents: `export const readHighsWasm = async () => new Uint8Array(Buffer.from(${JSON.stringify(wasm.toString('base64'))}, 'base64'));`,
      };
    });
  },
};

await build({
  entryPoints: [join(root, 'src/bundle-entry.ts')],
  outfile: join(root, 'dist/restow.js'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'inline',
  define: { RESTOW_BUNDLED: 'true' },
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [embedHighs],
  logLevel: 'warning',
});
process.stdout.write(`${join('packages/cli', 'dist/restow.js')}\n`);
