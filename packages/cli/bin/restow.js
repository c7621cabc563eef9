#!/usr/bin/env node
// Plain JavaScript, so that it runs on any Node: it sees that the sources get one that can run them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const WANTED_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) {
  module.enableCompileCache?.();
  // A packed restow has the bundle in place of the sources.
  const sources = new URL('../src/main.ts', import.meta.url);
  if (existsSync(sources)) process.exitCode = await (await import(sources.href)).main(process.argv);
  else await import('../dist/restow.js');
} else {
  const node = bundledNode();
  if (node === null) {
    process.stderr.write(
      `restow needs Node ${WANTED_MAJOR} or later; this is ${process.versions.node}. ` +
        'Install it, or run `npm ci`, which brings one for Linux.\n',
    );
    process.exitCode = 2;
  } else {
    const result = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
    process.exitCode = result.status ?? 1;
  }
}

/** Node as npm installed it beside restow, or null. */
function bundledNode() {
  try {
    return createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
  } catch {
    return null;
  }
}
