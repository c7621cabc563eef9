import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MANIFESTS, manifestsOf } from '../src/render-chart.ts';

/** Writes what the chart makes of its defaults, for whoever has no helm. */
for (const name of MANIFESTS) {
  await writeFile(fileURLToPath(new URL(`../../../deploy/${name}`, import.meta.url)), await manifestsOf(name));
}
