import { browserRoot } from '../src/browser.ts';
import { motoFolder } from '../src/clouds/moto.ts';
import { BINARIES, findBinary } from '../src/control-plane/binaries.ts';
import { leftOut, whyNoNodes } from '../src/control-plane/left-out.ts';
import { installMmdebstrap } from '../src/nodes/debian-tree.ts';
import { IMAGE_NAMES, imageArchive } from '../src/nodes/images.ts';
import { nodeRoot } from '../src/nodes/node-root.ts';
import { shimBinary } from '../src/nodes/shim-binary.ts';

/** Builds what the test bed needs, one after the other, before several tests would want it at the same time. */
const why = leftOut();
if (why !== null) process.stdout.write(`the test bed: ${why}\n`);
else {
  for (const name of BINARIES) {
    const startedAt = Date.now();
    const binary = await findBinary(name);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    process.stdout.write(`${name}: ${binary}${seconds > 0 ? ` (built in ${seconds} s)` : ''}\n`);
  }
  process.stdout.write(`moto: ${await motoFolder()}\n`);
}

const whyNot = why ?? whyNoNodes();
if (whyNot !== null) process.stdout.write(`the nodes: ${whyNot}\n`);
else {
  await installMmdebstrap();
  process.stdout.write(`nodes: ${await nodeRoot()}\n`);
  process.stdout.write(`browser: ${await browserRoot()}\n`);
  for (const name of IMAGE_NAMES) process.stdout.write(`image ${name}: ${await imageArchive(name)}\n`);
  process.stdout.write(`restow-runc: ${await shimBinary()}\n`);
}
