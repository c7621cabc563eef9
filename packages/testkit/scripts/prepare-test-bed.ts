import { BINARIES, findBinary } from '../src/control-plane/binaries.ts';
import { leftOut } from '../src/control-plane/left-out.ts';

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
}
