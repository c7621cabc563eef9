import { shimBinary, startTestNodes } from '@restow/testkit';

/**
 * What the runtime shim adds to a call of runc that it has no business with: `state` of a container and `create` of a
 * bundle that there are not, in turn by runc alone and through the shim, on a node of the test bed. A line of JSON for each.
 */
const ROUNDS = 15;
const CALLS = 40;

const bed = await startTestNodes({ count: 1, runtime: await shimBinary() });
try {
  const [node] = bed.nodes;
  /** Milliseconds for one call, with what starting a program costs. */
  const timed = async (program: string, args: string) => {
    const loop = `i=0; while [ $i -lt ${CALLS} ]; do ${program} --root /run/none ${args} >/dev/null 2>&1; i=$((i+1)); done`;
    // The clock of the node's own shell: entering the node is none of what is measured.
    const text = await node!.exec('sh', '-c', `date +%s%N; ${loop}; date +%s%N`);
    const [from, to] = text.trim().split('\n').map(BigInt) as [bigint, bigint];
    return Number(to - from) / 1e6 / CALLS;
  };
  for (const args of ['state none', 'create --bundle /none none']) {
    const runc: number[] = [];
    const shim: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      runc.push(await timed('runc', args));
      shim.push(await timed('/node/runtime', args));
    }
    const [runcMs, shimMs] = [median(runc), median(shim)];
    const line = {
      call: args.split(' ')[0],
      runcMs: round(runcMs),
      shimMs: round(shimMs),
      addedMs: round(shimMs - runcMs),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
} finally {
  await bed.stop();
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
