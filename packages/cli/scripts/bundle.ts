import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';

const run = promisify(execFile);
/**
 * Makes `dist/`: `restow.js` and what it loads when it needs it, all in one folder, HiGHS' WebAssembly too; with `--shim`
 * also the runtime shim, for which it takes Go.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

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

await rm(dist, { recursive: true, force: true });
await build({
  entryPoints: { restow: join(root, 'src/bundle-entry.ts') },
  outdir: dist,
  // A command's libraries are parsed when the command runs, not before.
  splitting: true,
  chunkNames: 'chunk-[hash]',
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
// Beside the package too, as in an image, Node shall take these for modules.
await writeFile(join(dist, 'package.json'), '{ "type": "module" }\n');
process.stdout.write(`${join('packages/cli', 'dist/restow.js')}\n`);
if (process.argv.includes('--shim')) {
  // Static, for any node: agents put it beside containerd.
  const flags = ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(dist, 'restow-runc'), '.'];
  await run('go', flags, { cwd: join(root, '../agent/shim'), env: { ...process.env, CGO_ENABLED: '0' } });
  process.stdout.write(`${join('packages/cli', 'dist/restow-runc')}\n`);
}
